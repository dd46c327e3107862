/**
 * What citizens and agencies are told, cell by cell of the policy table: Vietnamese first, complete in both languages.
 * Screens, notices and guides take their words from here.
 */

type Words = { vi: string; en: string };
export type Told = { citizen: Words; agency: Words };

const told = (citizen: Words, agency: Words): Told => ({ citizen, agency });
const same: Words = { vi: 'Không có gì thay đổi.', en: 'Nothing has changed.' };

export const texts: Readonly<Record<string, Told>> = {
  paid: told(
    { vi: 'Đã nhận đủ tiền. Hóa đơn đã thanh toán.', en: 'Paid in full. Thank you.' },
    { vi: 'Đã thu đủ. Xử lý hồ sơ.', en: 'Collected in full: go on with the dossier.' },
  ),
  paidLate: told(
    {
      vi: 'Đã nhận đủ tiền sau hạn; cơ quan chấp nhận. Hóa đơn đã thanh toán.',
      en: 'Paid in full after the deadline, which the agency accepts.',
    },
    {
      vi: 'Đã thu đủ sau hạn, theo lựa chọn của cơ quan. Xử lý hồ sơ.',
      en: 'Collected in full after the deadline, as the agency has chosen: go on with the dossier.',
    },
  ),
  part: told(
    {
      vi: 'Đã nhận một phần. Hãy nộp phần còn lại trước hạn.',
      en: 'A part has arrived. Please pay the rest before the deadline.',
    },
    {
      vi: 'Đã thu một phần; còn thiếu. Chưa xử lý hồ sơ.',
      en: 'A part is collected and the rest is due: wait with the dossier.',
    },
  ),
  overfilled: told(
    {
      vi: 'Khoản này lớn hơn số còn phải nộp nên chưa được tính. Cơ quan sẽ liên hệ để hoàn trả hoặc cấn trừ.',
      en: 'This transfer is more than was left to pay, so it is not counted yet. The agency will return it or set it off.',
    },
    {
      vi: 'Khoản chuyển lớn hơn số còn thiếu, giữ nguyên ở tiền thừa. Cần quyết định.',
      en: 'The transfer is more than was left, and is held whole as surplus. Somebody must decide.',
    },
  ),
  duplicate: told(
    {
      vi: 'Hóa đơn đã được thanh toán trước đó. Khoản này là tiền thừa và sẽ được xem xét hoàn trả.',
      en: 'The invoice had been paid already. This money is surplus; its return will be decided.',
    },
    {
      vi: 'Nộp trùng: giữ ở tiền thừa. Quyết định hoàn trả.',
      en: 'Paid twice: held as surplus. Decide on its return.',
    },
  ),
  late: told(
    {
      vi: 'Tiền đến sau hạn hoặc hóa đơn đã được thay. Khoản này là tiền thừa và sẽ được xem xét hoàn trả.',
      en: 'The money came after the deadline, or another invoice stands for this one. Its return will be decided.',
    },
    {
      vi: 'Tiền đến muộn: giữ ở tiền thừa. Quyết định hoàn trả hoặc cấn trừ.',
      en: 'Late money: held as surplus. Decide to return it or set it off.',
    },
  ),
  cancelled: told(
    {
      vi: 'Hóa đơn đã bị hủy trước khi tiền đến. Khoản này sẽ được xem xét hoàn trả.',
      en: 'The invoice was cancelled before the money came. Its return will be decided.',
    },
    {
      vi: 'Tiền của hóa đơn đã hủy: giữ ở tiền thừa. Quyết định hoàn trả.',
      en: 'Money for a cancelled invoice: held as surplus. Decide on its return.',
    },
  ),
  wrongAmount: told(
    {
      vi: 'Số tiền không đúng số phải nộp nên chưa được tính. Cơ quan sẽ liên hệ.',
      en: 'The amount is not what was due, so it is not counted. The agency will be in touch.',
    },
    {
      vi: 'Sai số tiền: giữ ở tiền chưa rõ. Cần quyết định.',
      en: 'Wrong amount: held as unmatched. Somebody must decide.',
    },
  ),
  wrongUnit: told(
    {
      vi: 'Số tiền gấp hoặc bằng một phần trăm số phải nộp nên chưa được tính. Cơ quan sẽ liên hệ.',
      en: 'The amount is a hundred times or a hundredth of what was due, so it is not counted. The agency will be in touch.',
    },
    {
      vi: 'Sai 100 lần, có thể nhầm đơn vị tiền của đối tác: giữ ở tiền chưa rõ, không bao giờ tính là một phần.',
      en: 'Wrong by a hundred, perhaps the partner’s unit: held as unmatched, never counted as a part.',
    },
  ),
  wrongAccount: told(
    {
      vi: 'Tiền vào tài khoản khác nên chưa được tính. Cơ quan sẽ liên hệ.',
      en: 'The money went to another account and is not counted yet. The agency will be in touch.',
    },
    {
      vi: 'Tiền vào tài khoản khác: giữ ở tiền chưa rõ tại tài khoản đó.',
      en: 'Another account received it: held there as unmatched.',
    },
  ),
  unknownReference: told(
    {
      vi: 'Nội dung chuyển tiền không khớp hóa đơn nào. Liên hệ cơ quan kèm chứng từ.',
      en: 'The reference fits no invoice. Please show your bank’s slip to the agency.',
    },
    {
      vi: 'Không rõ của ai: giữ ở tiền chưa rõ. Cần tìm hóa đơn.',
      en: 'Nobody knows whose it is: held as unmatched. Find its invoice.',
    },
  ),
  reversedBefore: told(
    { vi: 'Ngân hàng đã trả lại khoản tiền này cho bạn.', en: 'The bank has given this money back to you.' },
    {
      vi: 'Khoản tiền và lệnh đảo của nó được ghi cùng lúc: không thu được gì.',
      en: 'The money and its reversal are entered together: nothing is collected.',
    },
  ),
  again: told(same, same),
  looking: told(
    { vi: 'Chúng tôi đang kiểm tra khoản này với ngân hàng.', en: 'We are looking into this with the bank.' },
    {
      vi: 'Không ghi sổ tự động hoặc không còn chỗ: có người phải xem.',
      en: 'Not entered as usual: somebody must look.',
    },
  ),
  paymentReversed: told(
    {
      vi: 'Ngân hàng đã lấy lại khoản thanh toán. Hóa đơn phải nộp lại.',
      en: 'The bank has taken the payment back. The invoice is to be paid again.',
    },
    {
      vi: 'Khoản đã thu bị đảo, hóa đơn mở lại (hoặc hết hạn). Dừng hồ sơ nếu chưa trả kết quả.',
      en: 'A collected payment went back; the invoice is open again, or expired. Stop the dossier if its result is not handed out.',
    },
  ),
  otherReversed: told(
    {
      vi: 'Ngân hàng đã trả lại khoản tiền chưa được tính cho bạn.',
      en: 'The bank has given you back money that was not counted.',
    },
    {
      vi: 'Tiền thừa hoặc chưa rõ đã bị đảo: không còn gì để hoàn trả.',
      en: 'Surplus or unmatched money went back: there is nothing left to return.',
    },
  ),
  reversedAndRefunded: told(
    { vi: 'Chúng tôi đang kiểm tra khoản này với ngân hàng.', en: 'We are looking into this with the bank.' },
    {
      vi: 'Đã hoàn tiền mà ngân hàng còn đảo: có thể trả hai lần. Xem ngay.',
      en: 'Refunded, and reversed as well: it may have gone back twice. Look at once.',
    },
  ),
  reversedFirst: told(
    { vi: 'Chúng tôi đang kiểm tra khoản này với ngân hàng.', en: 'We are looking into this with the bank.' },
    {
      vi: 'Lệnh đảo đến trước khoản tiền: chờ khoản tiền, chưa ghi sổ.',
      en: 'A reversal came before its money: it waits, and nothing is entered.',
    },
  ),
  deskReversed: told(
    {
      vi: 'Khoản thu tại quầy đã được hủy. Hóa đơn phải nộp lại.',
      en: 'The payment at the desk was taken back. The invoice is to be paid again.',
    },
    {
      vi: 'Khoản thu tại quầy đã hủy, hai người đã duyệt.',
      en: 'The payment at the desk was taken back, by two persons.',
    },
  ),
  declined: told(
    { vi: 'Thanh toán không thành công. Bạn có thể thử lại.', en: 'The payment was declined. You can try again.' },
    {
      vi: 'Một lần thanh toán không thành công; hóa đơn không đổi.',
      en: 'An attempt was declined; the invoice stays as it is.',
    },
  ),
  inLimbo: told(
    {
      vi: 'Ngân hàng đã trừ tiền nhưng giao dịch chưa thành công. Đừng nộp lại vội; tiền sẽ được trả lại hoặc chuyển tiếp.',
      en: 'Your bank has debited, but the payment did not succeed. Please wait before you pay again: the money comes through or goes back.',
    },
    {
      vi: 'Đã trừ tiền ở ngân hàng, chưa đến đối tác: theo dõi.',
      en: 'Debited at the bank, not at the partner: to be followed up.',
    },
  ),
  notFinal: told(
    { vi: 'Đang chờ ngân hàng trả lời.', en: 'Waiting for the bank’s answer.' },
    { vi: 'Chưa có kết quả cuối cùng.', en: 'No final answer yet.' },
  ),
};
