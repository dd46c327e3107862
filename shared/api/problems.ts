/**
 * Every problem that an API call may answer (RFC 9457). The code is stable; its page is `/problems/<code with dashes>`.
 * Title and meaning in Vietnamese and English.
 */
type Words = { vi: string; en: string };
export type ProblemDefinition = { status: number; title: Words; meaning: Words };

const problem = (status: number, title: Words, meaning: Words): ProblemDefinition => ({ status, title, meaning });

export const problems = {
  malformed_request: problem(
    400,
    { vi: 'Yêu cầu không đúng định dạng', en: 'Malformed request' },
    {
      vi: 'Nội dung, tham số hoặc tiêu đề không đọc được hoặc có thành phần không được biết. Mục `errors` nêu từng chỗ sai.',
      en: 'The body, a parameter or a header cannot be read, or holds a member that is not known. `errors` names each place.',
    },
  ),
  idempotency_key_missing: problem(
    400,
    { vi: 'Thiếu khóa chống trùng lặp', en: 'Idempotency-Key is missing' },
    {
      vi: 'Mọi lời gọi làm thay đổi dữ liệu cần tiêu đề Idempotency-Key, 8 đến 64 ký tự nhìn thấy được.',
      en: 'Every call that changes something needs the header Idempotency-Key, 8 to 64 visible characters.',
    },
  ),
  invalid_cursor: problem(
    400,
    { vi: 'Con trỏ trang không hợp lệ', en: 'Invalid cursor' },
    {
      vi: 'Con trỏ không do dịch vụ này cấp cho đúng câu hỏi này.',
      en: 'The cursor was not issued by this service for this very question.',
    },
  ),
  forbidden: problem(
    403,
    { vi: 'Không được phép', en: 'Forbidden' },
    {
      vi: 'Ứng dụng khách không được đăng ký hoặc đã bị ngừng.',
      en: 'The client is not registered, or is switched off.',
    },
  ),
  not_found: problem(
    404,
    { vi: 'Không tìm thấy', en: 'Not found' },
    {
      vi: 'Không có, hoặc không thuộc cơ quan của bạn; hai trường hợp trả lời như nhau.',
      en: 'It does not exist, or is not of your agencies: the answer is the same.',
    },
  ),
  payload_too_large: problem(
    413,
    { vi: 'Nội dung quá lớn', en: 'Payload too large' },
    { vi: 'Nội dung vượt giới hạn 64 KiB.', en: 'The body is over the limit of 64 KiB.' },
  ),
  unsupported_media_type: problem(
    415,
    { vi: 'Kiểu nội dung không được hỗ trợ', en: 'Unsupported media type' },
    { vi: 'Nội dung phải là application/json, UTF-8.', en: 'The body must be application/json in UTF-8.' },
  ),
  idempotency_key_reused: problem(
    422,
    { vi: 'Khóa chống trùng lặp đã dùng cho nội dung khác', en: 'Idempotency-Key was used for another body' },
    {
      vi: 'Cùng khóa nhưng nội dung khác. Dùng khóa mới cho yêu cầu mới.',
      en: 'The same key came with another body. Use a new key for a new request.',
    },
  ),
  unprocessable: problem(
    422,
    { vi: 'Không xử lý được', en: 'Unprocessable' },
    {
      vi: 'Đọc được yêu cầu nhưng nội dung không thực hiện được. Mục `errors` nêu từng chỗ.',
      en: 'The request reads well but cannot be carried out. `errors` names each place.',
    },
  ),
  quote_invalid: problem(
    422,
    { vi: 'Báo giá không hợp lệ', en: 'Invalid quote' },
    {
      vi: 'Báo giá không do dịch vụ này ký, đã bị sửa, hoặc được cấp cho ứng dụng, cơ quan hay hồ sơ khác.',
      en: 'The quote was not signed by this service, was altered, or was made for another client, agency or dossier.',
    },
  ),
  quote_expired: problem(
    422,
    { vi: 'Báo giá đã hết hạn', en: 'Quote has expired' },
    { vi: 'Xin báo giá mới rồi lập hóa đơn.', en: 'Ask for a new quote, then make the invoice.' },
  ),
  facts_missing: problem(
    422,
    { vi: 'Thiếu dữ kiện để tính phí', en: 'Facts are missing' },
    { vi: 'Mục `errors` nêu các dữ kiện cần có.', en: '`errors` lists the facts that are needed to price.' },
  ),
  not_priceable: problem(
    422,
    { vi: 'Chưa tính được phí', en: 'Cannot be priced' },
    {
      vi: 'Không có mức phí áp dụng tại thời điểm đó, hoặc cách tính chưa được hỗ trợ.',
      en: 'No tariff is in force at that instant, or its kind cannot be computed yet.',
    },
  ),
  invoice_already_open: problem(
    409,
    { vi: 'Hồ sơ đã có hóa đơn chưa thanh toán', en: 'An open invoice exists' },
    {
      vi: 'Hồ sơ và thủ tục này đã có hóa đơn đang mở. Đặt additional: true nếu thật sự cần thêm.',
      en: 'This dossier and procedure have an open invoice. Send additional: true if another is really meant.',
    },
  ),
  invoice_already_paid: problem(
    409,
    { vi: 'Hồ sơ đã được thanh toán', en: 'A paid invoice exists' },
    {
      vi: 'Hồ sơ và thủ tục này đã có hóa đơn được thanh toán. Đặt additional: true nếu thật sự cần thêm.',
      en: 'This dossier and procedure have a paid invoice. Send additional: true if another is really meant.',
    },
  ),
  invoice_not_open: problem(
    409,
    { vi: 'Hóa đơn không còn mở', en: 'Invoice is not open' },
    {
      vi: 'Hóa đơn đã được thanh toán, hết hạn hoặc đã hủy.',
      en: 'The invoice was paid, has expired or was cancelled.',
    },
  ),
  invoice_not_replaceable: problem(
    409,
    { vi: 'Không thay được hóa đơn này', en: 'Invoice cannot be replaced' },
    {
      vi: 'Chỉ hóa đơn đã hết hạn hoặc đã hủy của cùng hồ sơ và thủ tục mới được lập lại.',
      en: 'Only an expired or cancelled invoice of the same dossier and procedure can be issued again.',
    },
  ),
  invoice_partly_paid: problem(
    409,
    { vi: 'Hóa đơn đã được nộp một phần', en: 'Invoice is partly paid' },
    {
      vi: 'Không hủy được hóa đơn đã nhận một phần tiền. Thu đủ hoặc hoàn trả phần đã nộp trước.',
      en: 'An invoice that holds a part of its money cannot be cancelled. Let it be paid in full, or give the part back first.',
    },
  ),
  too_many_attempts: problem(
    409,
    { vi: 'Quá nhiều lần thanh toán', en: 'Too many attempts' },
    { vi: 'Một hóa đơn có nhiều nhất 20 lần thanh toán.', en: 'An invoice bears at most 20 attempts.' },
  ),
  too_many_invoices: problem(
    409,
    { vi: 'Hồ sơ có quá nhiều hóa đơn', en: 'Too many invoices' },
    { vi: 'Một hồ sơ có nhiều nhất 100 hóa đơn.', en: 'A dossier bears at most 100 invoices.' },
  ),
  amount_not_due: problem(
    422,
    { vi: 'Số tiền không đúng số phải thu', en: 'Not the amount due' },
    {
      vi: 'Tại quầy chỉ thu đúng số còn phải nộp. Thu từng phần chỉ khi cơ quan đã chọn cộng dồn.',
      en: 'At the desk exactly what is due is taken. Parts only where the agency has chosen to accumulate them.',
    },
  ),
  receipt_taken: problem(
    409,
    { vi: 'Biên lai đã được ghi', en: 'Receipt is entered already' },
    {
      vi: 'Biên lai này đã được ghi cho hóa đơn này. Nếu gọi lại vì mất kết nối, dùng lại khóa cũ.',
      en: 'This receipt is entered for this invoice. If the call was repeated because the answer was lost, use its key.',
    },
  ),
  too_many_movements: problem(
    409,
    { vi: 'Hóa đơn có quá nhiều khoản tiền', en: 'Too many movements' },
    {
      vi: 'Một hóa đơn nhận nhiều nhất 8 khoản tiền; chỗ cuối dành cho khoản thanh toán đủ.',
      en: 'An invoice bears at most 8 movements of money; the last place is kept for the payment in full.',
    },
  ),
  reversal_pending: problem(
    409,
    { vi: 'Đang chờ duyệt một đề nghị hủy', en: 'A reversal awaits approval' },
    {
      vi: 'Hóa đơn này đang có một đề nghị hủy thu. Người khác duyệt hoặc từ chối trước.',
      en: 'Somebody has proposed to take back a payment of this invoice. Another person must approve or reject it first.',
    },
  ),
  reversal_not_pending: problem(
    409,
    { vi: 'Không có đề nghị hủy nào đang chờ', en: 'No reversal awaits approval' },
    {
      vi: 'Khoản thu này không có đề nghị hủy đang chờ, hoặc đã được hủy.',
      en: 'Nobody proposes to take this payment back, or it was taken back already.',
    },
  ),
  not_reversible: problem(
    409,
    { vi: 'Không hủy thu được nữa', en: 'Cannot be taken back' },
    {
      vi: 'Khoản thu đã được hủy, hoặc hóa đơn đã hoàn tiền.',
      en: 'The payment was taken back already, or the invoice was refunded.',
    },
  ),
  receipt_not_signed: problem(
    409,
    { vi: 'Biên lai chưa được ký', en: 'Receipt is not signed yet' },
    {
      vi: 'Biên lai đã có số và đang chờ chữ ký; hãy thử lại sau ít giây.',
      en: 'The receipt has its number, and its signature is seconds away. Try again.',
    },
  ),
  money_at_treasury: problem(
    409,
    { vi: 'Tiền đã được chuyển nộp', en: 'The money was paid on' },
    {
      vi: 'Lệnh chuyển nộp khoản này đã gửi ngân hàng; chỉ có thể hoàn thủ công (moneyAt: treasury, hoặc bỏ trống).',
      en: 'The order that pays it on went to the bank: it can only be returned by hand (moneyAt: treasury, or leave it out).',
    },
  ),
  money_not_traced: problem(
    409,
    { vi: 'Chưa rõ tiền đã chuyển nộp hay chưa', en: 'Not known whether the money was paid on' },
    {
      vi: 'Các đợt chuyển nộp không cho biết khoản này đã nộp hay chưa; người duyệt phải nêu rõ moneyAt: provider hoặc treasury.',
      en: 'The batches do not tell whether it was paid on. The approver must say moneyAt: provider or treasury.',
    },
  ),
  receipts_registered: problem(
    409,
    { vi: 'Cơ quan đã đăng ký biên lai', en: 'The agency is registered for receipts' },
    {
      vi: 'Không gỡ được đăng ký biên lai: biên lai đã lập phải theo tiền đã thu. Có thể đổi ký hiệu và đơn vị thu.',
      en: 'Its `receipts` cannot be taken away: receipts that were issued must follow their money. Series and collector may change.',
    },
  ),
  receipt_replaced: problem(
    409,
    { vi: 'Biên lai đã bị thay thế', en: 'Receipt was replaced' },
    {
      vi: 'Một biên lai khác đã thay thế biên lai này; hãy đính chính trên biên lai đó.',
      en: 'Another receipt stands in its place. Correct that one.',
    },
  ),
  correction_pending: problem(
    409,
    { vi: 'Đang có đính chính chờ xử lý', en: 'A correction is pending' },
    {
      vi: 'Đính chính trước của biên lai này đang chờ duyệt hoặc đang được thực hiện.',
      en: 'An earlier correction of this receipt waits for another person, or is being made.',
    },
  ),
  correction_not_pending: problem(
    409,
    { vi: 'Đính chính không còn chờ duyệt', en: 'The correction is not open' },
    {
      vi: 'Đính chính đã được duyệt, bị từ chối, hoặc biên lai đã bị thay thế.',
      en: 'It was approved or rejected already, or its receipt was replaced.',
    },
  ),
  too_many_corrections: problem(
    409,
    { vi: 'Biên lai đã đính chính quá nhiều lần', en: 'Too many corrections of the receipt' },
    { vi: 'Một biên lai có nhiều nhất 5 lần đính chính.', en: 'A receipt has five corrections at most.' },
  ),
  proposal_not_pending: problem(
    409,
    { vi: 'Đề nghị không còn chờ duyệt', en: 'The proposal is not open' },
    {
      vi: 'Đề nghị đã được người khác duyệt hoặc từ chối.',
      en: 'Somebody else has approved or rejected the proposal already.',
    },
  ),
  precondition_failed: problem(
    412,
    { vi: 'Bản ghi đã khác', en: 'Not the record that you have seen' },
    {
      vi: 'Bản ghi không còn như thẻ ETag trong If-Match. Đọc lại rồi thử lại.',
      en: 'The record is not the one that the ETag in If-Match names. Read it again, then try again.',
    },
  ),
  own_approval: problem(
    403,
    { vi: 'Không được tự duyệt', en: 'Own approval' },
    {
      vi: 'Người soạn hoặc đề nghị không được tự duyệt; cần một người khác. Việc tự duyệt bị ghi nhật ký.',
      en: 'Whoever drafted or proposed it may not approve it; it takes another person. The try is logged.',
    },
  ),
  exception_state: problem(
    409,
    { vi: 'Trạng thái không cho phép', en: 'Not in this state' },
    {
      vi: 'Ở trạng thái hiện tại của sai lệch, việc này không được phép. Xem lại danh sách sai lệch.',
      en: 'This may not be done to the exception in the state that it is in. Read the work list again.',
    },
  ),
  resolution_unsuitable: problem(
    422,
    { vi: 'Cách xử lý không phù hợp', en: 'The resolution does not fit' },
    {
      vi: 'Các khoản không còn mở, không bằng nhau đến từng đồng, không có chênh lệch được ghi, hoặc không rõ ghi vào tài khoản nào.',
      en: 'The items are not open any more or not equal to the dong, there is no difference to post, or no single account for it.',
    },
  ),
  day_changed: problem(
    409,
    { vi: 'Ngày đã thay đổi', en: 'The day is not as it was seen' },
    {
      vi: 'Có tệp hoặc lần khớp mới, ngày chưa có sao kê, hoặc người khác đã khóa ngày. Xem lại rồi gửi mã băm mới.',
      en: 'A file or a run is new, the statement is not there yet, or another person closed the day. Read it again.',
    },
  ),
  nothing_due: problem(
    409,
    { vi: 'Không có khoản phải nộp', en: 'Nothing is due' },
    {
      vi: 'Các ngày đã khóa của tài khoản không còn tiền phải nộp. Khóa ngày sao kê (và ngày của nhà cung cấp) trước.',
      en: 'The closed days of the account have no money that is still to be paid on. Close the statement’s day, and the provider’s, first.',
    },
  ),
  remittance_open: problem(
    409,
    { vi: 'Còn đợt nộp chờ duyệt', en: 'A batch is still open' },
    {
      vi: 'Mỗi tài khoản chỉ có một đợt nộp chờ người thứ hai. Duyệt hoặc từ chối đợt ấy trước (`remittanceId`).',
      en: 'One batch of an account waits for the second person at a time. Approve or reject it first (`remittanceId`).',
    },
  ),
  remittance_changed: problem(
    409,
    { vi: 'Số phải nộp đã thay đổi', en: 'What is due is not as it was seen' },
    {
      vi: 'Có khoản mới, khoản hoàn trả hoặc đợt nộp khác kể từ khi xem. Xem lại rồi gửi mã băm mới.',
      en: 'Money came, went back, or was claimed since the caller looked. Read it again and send the new hash.',
    },
  ),
  remittance_day_open: problem(
    409,
    { vi: 'Ngày chưa khóa', en: 'The day is not closed' },
    {
      vi: 'Ngày được chọn, hoặc một ngày trước đó, chưa khóa. Mục `waiting` nêu ngày và sổ cần khóa trước.',
      en: 'The day asked for, or one before it, is not closed. `waiting` names the day and the book to close first.',
    },
  ),
  remittance_too_large: problem(
    409,
    { vi: 'Đợt nộp quá lớn', en: 'The batch is too large' },
    {
      vi: 'Quá nhiều khoản hoặc dòng cho một đợt. Chọn ngày cuối (`through`) sớm hơn.',
      en: 'Too many movements or lines for one batch. Ask for an earlier last day (`through`).',
    },
  ),
  remittance_not_covered: problem(
    409,
    { vi: 'Số nộp vượt số ngân hàng đã ghi có', en: 'More would be paid than the bank credited' },
    {
      vi: 'Tiền được tính nhiều hơn tiền ngân hàng ghi có (phí `fees`, ghi có thiếu, khoản nhà cung cấp giữ lại). Nêu đúng số phải bù (`uncovered`) trong `coveredBy` khi đơn vị bù khoản ấy.',
      en: 'More is counted than the bank credited (fees, credits that fell short, what providers keep back). Where the collector covers them, name the very sum (`uncovered`) in `coveredBy`.',
    },
  ),
  remittance_state: problem(
    409,
    { vi: 'Trạng thái đợt nộp không cho phép', en: 'The state of the batch does not allow it' },
    {
      vi: 'Đợt nộp đi từ đề nghị, được duyệt, xuất tệp đến được sao kê xác nhận; bước này không có ở trạng thái hiện tại.',
      en: 'A batch goes from proposed to approved, exported and confirmed by the statement; its state knows no such step.',
    },
  ),
  beneficiary_incomplete: problem(
    409,
    { vi: 'Đơn vị thụ hưởng chưa đủ thông tin', en: 'A beneficiary is not registered well enough' },
    {
      vi: 'Thiếu bản đăng ký, ngân hàng, chương hoặc tiểu mục vào ngày lập hóa đơn. Mục `beneficiaries` nêu từng đơn vị.',
      en: 'Record, bank, chapter or sub-item is missing for the day of the invoice. `beneficiaries` names each.',
    },
  ),
  invoice_not_paid: problem(
    409,
    { vi: 'Hóa đơn chưa được thanh toán', en: 'Invoice is not paid' },
    {
      vi: 'Chỉ hoàn được tiền của hóa đơn đã thanh toán đủ; tiền thừa thì nêu khoản tiền bằng movementId.',
      en: 'Only what paid an invoice in full can be refunded; of surplus, name the money by movementId.',
    },
  ),
  money_not_named: problem(
    409,
    { vi: 'Cần nêu khoản tiền', en: 'The money must be named' },
    {
      vi: 'Nhiều khoản tiền đã trả hóa đơn này; nêu khoản cần hoàn bằng movementId.',
      en: 'Several payments paid this invoice; name the one to refund by movementId.',
    },
  ),
  money_not_refundable: problem(
    409,
    { vi: 'Khoản tiền này không hoàn được', en: 'This money cannot be refunded' },
    {
      vi: 'Hóa đơn không có khoản tiền đó, ngân hàng đã đảo, hoặc tiền đã được chuyển sang khoản khác.',
      en: 'The invoice has no such money, the bank took it back, or it was moved to where it belongs.',
    },
  ),
  reason_not_applicable: problem(
    422,
    { vi: 'Lý do không áp dụng cho khoản tiền này', en: 'Reason does not apply to this money' },
    {
      vi: 'Lý do của tiền thừa không dùng cho tiền đã trả hóa đơn, và ngược lại.',
      en: 'A reason of surplus is none for money that paid the invoice, nor the other way round.',
    },
  ),
  refund_exceeds_remainder: problem(
    409,
    { vi: 'Vượt số còn hoàn được', en: 'More than is left to refund' },
    {
      vi: 'Số tiền lớn hơn phần còn hoàn được của khoản tiền hoặc của dòng phí; các đề nghị đang chờ đã được trừ.',
      en: 'The amount is more than is left of the money or of a line; requests that wait are taken off already.',
    },
  ),
  too_many_refunds: problem(
    409,
    { vi: 'Quá nhiều đề nghị hoàn trả', en: 'Too many refunds' },
    {
      vi: 'Một hóa đơn có nhiều nhất 20 đề nghị hoàn trả, kể cả đề nghị bị từ chối.',
      en: 'An invoice has at most 20 refunds, those that came to nothing included.',
    },
  ),
  account_invalid: problem(
    422,
    { vi: 'Tài khoản nhận không hợp lệ', en: 'The account is not valid' },
    {
      vi: 'Ngân hàng hoặc số tài khoản nhận tiền hoàn không đúng. Mục `errors` nêu chỗ sai.',
      en: 'The bank or the number of the account that the money goes to is wrong. `errors` names the place.',
    },
  ),
  refund_not_pending: problem(
    409,
    { vi: 'Đề nghị hoàn trả không còn chờ', en: 'The refund awaits no decision' },
    {
      vi: 'Đề nghị đã được duyệt, từ chối, rút lại, hoặc đã hoàn.',
      en: 'It was ordered, rejected, withdrawn or given back already.',
    },
  ),
  refund_overtaken: problem(
    409,
    { vi: 'Khoản tiền không còn ở đó', en: 'The money is not there any more' },
    {
      vi: 'Ngân hàng đã đảo khoản tiền, hoặc tiền đã được chuyển sang khoản khác; hãy từ chối hoặc rút đề nghị.',
      en: 'The bank took it back, or it was moved to where it belongs; reject or withdraw the refund.',
    },
  ),
  refund_of_another: problem(
    403,
    { vi: 'Đề nghị của người khác', en: 'Another person’s request' },
    { vi: 'Chỉ người đề nghị mới rút lại được.', en: 'Only whoever asked for the refund may withdraw it.' },
  ),
  refund_not_by_hand: problem(
    409,
    { vi: 'Không chờ hoàn thủ công', en: 'No return by hand awaits' },
    {
      vi: 'Khoản này do nhà cung cấp hoàn, đã được báo cáo, hoặc đã kết thúc.',
      en: 'It is the provider’s to give back, was reported already, or has ended.',
    },
  ),
  refund_not_reported: problem(
    409,
    { vi: 'Chưa có báo cáo hoàn thủ công', en: 'No report awaits confirmation' },
    {
      vi: 'Chưa ai báo cáo kết quả hoàn thủ công, hoặc báo cáo đã được xác nhận.',
      en: 'Nobody has reported a return by hand, or the report was decided already.',
    },
  ),
  unknown_account: problem(
    422,
    { vi: 'Không có tài khoản này', en: 'Unknown account' },
    {
      vi: 'Không tài khoản thu nào của bạn được chi trả về tài khoản ngân hàng này.',
      en: 'None of your merchant accounts is paid out to this bank account.',
    },
  ),
  unknown_provider: problem(
    422,
    { vi: 'Không có nhà cung cấp này', en: 'Unknown provider' },
    {
      vi: 'Nhà cung cấp không tồn tại hoặc không dùng được ở môi trường này. Xem GET /v1/providers.',
      en: 'The provider does not exist, or is not offered on this stage. See GET /v1/providers.',
    },
  ),
  provider_unavailable: problem(
    422,
    { vi: 'Cơ quan chưa có tài khoản tại nhà cung cấp', en: 'No merchant account' },
    {
      vi: 'Cơ quan thu chưa có tài khoản nhận tiền đang hoạt động tại nhà cung cấp này.',
      en: 'The collecting agency has no active merchant account at this provider.',
    },
  ),
  provider_out_of_service: problem(
    409,
    { vi: 'Nhà cung cấp tạm ngừng', en: 'The provider is out of service' },
    {
      vi: 'Nhà cung cấp đã được tắt, đang gián đoạn hoặc không trả lời. Câu trả lời nêu nơi khác có thể thanh toán (alternatives).',
      en: 'The provider is switched off, away or not answering. The answer names others that take this payment (alternatives).',
    },
  ),
  provider_refused: problem(
    422,
    { vi: 'Nhà cung cấp từ chối giao dịch', en: 'The provider refused the payment' },
    {
      vi: 'Nhà cung cấp không nhận lần thanh toán này; lần này đã kết thúc. Bắt đầu lần khác với khóa mới.',
      en: 'The provider did not take this payment, and the attempt has ended. Begin another with a new key.',
    },
  ),
  attempt_ended: problem(
    409,
    { vi: 'Lần thanh toán đã hết hạn', en: 'The attempt has ended' },
    {
      vi: 'Lần thanh toán của khóa này hết hạn trước khi nhà cung cấp nhận. Bắt đầu lần khác với khóa mới.',
      en: 'The attempt of this key ended before the provider had taken it. Begin another with a new key.',
    },
  ),
  provider_unreachable: problem(
    503,
    { vi: 'Chưa liên lạc được với nhà cung cấp', en: 'The provider cannot be reached' },
    {
      vi: 'Nhà cung cấp chưa trả lời. Thử lại với cùng khóa, hoặc chọn nhà cung cấp khác; không có gì bị mất.',
      en: 'The provider has not answered. Try again with the same key, or choose another provider; nothing is lost.',
    },
  ),
  amount_outside_limits: problem(
    422,
    { vi: 'Số tiền ngoài giới hạn', en: 'Amount outside limits' },
    {
      vi: 'Số tiền nhỏ hơn hoặc lớn hơn mức nhà cung cấp nhận.',
      en: 'The amount is less or more than the provider takes.',
    },
  ),
  return_url_refused: problem(
    422,
    { vi: 'Địa chỉ quay về không được chấp nhận', en: 'Return address refused' },
    {
      vi: 'Máy chủ của địa chỉ quay về chưa được đăng ký cho ứng dụng này.',
      en: 'The host of the return address is not registered for this client.',
    },
  ),
  unknown_agency: problem(
    422,
    { vi: 'Không có cơ quan này', en: 'Unknown agency' },
    { vi: 'Cơ quan chưa được đăng ký hoặc đã ngừng.', en: 'The agency is not registered, or is switched off.' },
  ),
  account_taken: problem(
    409,
    { vi: 'Tài khoản đã có', en: 'Account is taken' },
    {
      vi: 'Nhà cung cấp, cơ quan và đơn vị hưởng này đã có tài khoản khác.',
      en: 'This provider, agency and beneficiary have another account already.',
    },
  ),
  not_validated: problem(
    409,
    { vi: 'Chưa được kiểm tra', en: 'Not validated' },
    {
      vi: 'Bản dự thảo phải được kiểm tra không còn lỗi trước.',
      en: 'The draft must be validated without a fault first.',
    },
  ),
  document_missing: problem(
    409,
    { vi: 'Chưa có tệp nội dung', en: 'Document is missing' },
    {
      vi: 'Tệp nội dung của bản dự thảo chưa được tải lên.',
      en: 'The document of the draft has not been uploaded yet.',
    },
  ),
  too_many_versions: problem(
    409,
    { vi: 'Quá nhiều phiên bản', en: 'Too many versions' },
    { vi: 'Danh mục có nhiều nhất 1.000 phiên bản.', en: 'A catalogue has at most 1,000 versions.' },
  ),
  published_immutable: problem(
    409,
    { vi: 'Đã công bố thì không sửa', en: 'What is published is not edited' },
    {
      vi: 'Nội dung đã công bố giữ nguyên; hãy lập bản mới có hiệu lực về sau.',
      en: 'What was published stays as it is; add a later one that follows it.',
    },
  ),
  secret_missing: problem(
    422,
    { vi: 'Thiếu khóa bí mật', en: 'Secret is missing' },
    {
      vi: 'Điểm thu này chưa có khóa bí mật trong kho khóa.',
      en: 'The secret store has no secret for this terminal yet.',
    },
  ),
  secret_malformed: problem(
    422,
    { vi: 'Khóa bí mật không đúng dạng', en: 'Secret has the wrong form' },
    {
      vi: 'Nhà cung cấp không dùng khóa dạng này. Chép lại nguyên văn, không thừa dấu cách hay xuống dòng.',
      en: 'The provider uses no secret of this form. Copy it as it is, without a space or line break around it.',
    },
  ),
  terminal_shared: problem(
    409,
    { vi: 'Điểm thu dùng chung', en: 'Terminal is shared' },
    {
      vi: 'Điểm thu này đã có khóa, không chỉ của tài khoản này. Bỏ secret để dùng khóa hiện có, hoặc đặt replaceSharedSecret: true nếu thật sự thay khóa cho tất cả.',
      en: 'This terminal has a secret already, and not for this account alone. Leave out secret to use the one that is there, or send replaceSharedSecret: true to really replace it for all.',
    },
  ),
  webhook_address_refused: problem(
    422,
    { vi: 'Địa chỉ webhook không được chấp nhận', en: 'Webhook address refused' },
    {
      vi: 'Địa chỉ phải là https và không thuộc mạng nội bộ.',
      en: 'The address must be https and outside private, loopback and link-local ranges.',
    },
  ),
  webhook_missing: problem(
    409,
    { vi: 'Chưa đăng ký webhook', en: 'No webhook endpoint' },
    {
      vi: 'Chưa có địa chỉ webhook để gửi lại. Đăng ký địa chỉ, hoặc đọc GET /v1/events.',
      en: 'There is no endpoint to tell. Register one, or read GET /v1/events.',
    },
  ),
  event_not_replayable: problem(
    422,
    { vi: 'Không gửi lại được sự kiện này', en: 'Event cannot be replayed' },
    {
      vi: 'Chỉ sự kiện về tiền của một hóa đơn gửi lại được theo mã. Tiền không thuộc hóa đơn nào gửi lại theo khoảng thời gian; sự kiện khác không được lưu.',
      en: 'Only events about money on an invoice can be found by id. Money on no invoice is replayed by a range of time; other events are not kept.',
    },
  ),
  range_too_wide: problem(
    422,
    { vi: 'Khoảng thời gian quá rộng', en: 'Range is too wide' },
    {
      vi: 'Gửi lại: nhiều nhất 31 ngày mỗi lần. Dòng sự kiện: bắt đầu nhiều nhất 366 ngày trước. Chia nhỏ khoảng thời gian.',
      en: 'A replay spans at most 31 days. The feed begins at most 366 days back. Ask for it in parts.',
    },
  ),
  report_range_too_wide: problem(
    422,
    { vi: 'Kỳ báo cáo quá dài', en: 'Range of the report is too wide' },
    {
      vi: 'Báo cáo trả lời ngay: nhiều nhất 31 ngày. Báo cáo lập ngầm (POST /v1/report-jobs): nhiều nhất 366 ngày.',
      en: 'A report that is answered at once spans at most 31 days, one made by POST /v1/report-jobs at most 366.',
    },
  ),
  report_too_long: problem(
    422,
    { vi: 'Báo cáo quá dài', en: 'Report is too long' },
    {
      vi: 'Trả lời ngay nhiều nhất 5.000 dòng. Dùng POST /v1/report-jobs, hoặc chia nhỏ kỳ.',
      en: 'At most 5,000 rows are answered at once. Use POST /v1/report-jobs, or ask for it in parts.',
    },
  ),
  queue_not_redrivable: problem(
    409,
    { vi: 'Hàng đợi không đưa lại được', en: 'Queue cannot be redriven' },
    {
      vi: 'Hàng đợi này giữ các lần gọi theo lịch bị lỗi; lịch sẽ tự gọi lại.',
      en: 'This queue keeps calls of the clock that failed; the clock makes them again by itself.',
    },
  ),
  version_conflict: problem(
    409,
    { vi: 'Có thay đổi cùng lúc', en: 'Changed meanwhile' },
    {
      vi: 'Dữ liệu vừa được người khác thay đổi. Đọc lại rồi thử lại.',
      en: 'Somebody changed it meanwhile. Read again, then try again.',
    },
  ),
  internal: problem(
    500,
    { vi: 'Lỗi hệ thống', en: 'Internal error' },
    { vi: 'Lỗi của chúng tôi. Thử lại với cùng khóa.', en: 'Our fault. Try again with the same key.' },
  ),
  unavailable: problem(
    503,
    { vi: 'Tạm thời không phục vụ được', en: 'Temporarily unavailable' },
    { vi: 'Thử lại sau với cùng khóa; không có gì bị mất.', en: 'Try again later with the same key; nothing is lost.' },
  ),
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof problems;
