/** What each hop and each awaited step is called, Vietnamese first. */

export type Words = { vi: string; en: string };

const say = (vi: string, en: string): Words => ({ vi, en });

export const hopWords = {
  invoiceMade: say('Lập hóa đơn cho hồ sơ', 'The invoice was made for the dossier'),
  expired: say('Hết hạn nộp mà chưa nộp đủ', 'The deadline passed before it was wholly paid'),
  paymentStarted: say('Bắt đầu một lần thanh toán', 'A payment was begun'),
  paid: say(
    'Ngân hàng của người nộp đã trừ tiền, nhà cung cấp báo',
    'The payer’s bank debited, by the provider’s word',
  ),
  paidAtDesk: say('Nộp tại quầy của cơ quan', 'Paid at the agency’s desk'),
  reversed: say('Ngân hàng đã đảo khoản tiền', 'The bank took the money back'),
  enteredAsPayment: say('Ghi sổ: đã trả hóa đơn', 'Entered: it paid the invoice'),
  enteredAsPart: say('Ghi sổ: trả một phần hóa đơn', 'Entered: it paid a part of the invoice'),
  enteredAsSurplus: say('Ghi sổ: tiền thừa', 'Entered: surplus'),
  enteredAsUnmatched: say('Ghi sổ: tiền chưa xác định', 'Entered: unmatched'),
  enteredAsReversal: say('Ghi sổ: đảo khoản đã ghi', 'Entered: the entry was reversed'),
  reported: say('Có trong tệp đối soát của nhà cung cấp, khớp', 'In the provider’s settlement file, and equal'),
  reportedOtherwise: say('Có trong tệp đối soát nhưng khác sổ', 'In the provider’s settlement file, but different'),
  remittanceProposed: say('Đưa vào đợt chuyển nộp', 'It was put into a batch that is paid on'),
  remittanceApproved: say('Người khác duyệt đợt chuyển nộp', 'Another person approved the batch'),
  remittanceExported: say('Xuất lệnh chuyển tiền cho ngân hàng', 'The payment orders went out to the bank'),
  remitted: say(
    'Sao kê cho thấy tiền đã chuyển đến nơi nhận',
    'The statement shows that it was paid on to whom it belongs',
  ),
  remittanceReturned: say('Ngân hàng trả lại lệnh chuyển nộp', 'The bank sent the order’s money back'),
  refundAsked: say('Đề nghị hoàn trả', 'A refund was asked for'),
  refundOrdered: say('Người khác duyệt hoàn trả', 'Another person ordered the refund'),
  refundRejected: say('Người khác từ chối hoàn trả', 'Another person rejected the refund'),
  refundWithdrawn: say('Rút đề nghị hoàn trả', 'The request was withdrawn'),
  refundSent: say('Gửi lệnh hoàn tới nhà cung cấp', 'The refund was sent to the provider'),
  returnReported: say('Báo kết quả hoàn thủ công', 'What became of the return by hand was reported'),
  refundDone: say('Tiền đã trả lại người nộp', 'The money went back to the payer'),
  refundFailed: say('Không hoàn được; tiền ở lại', 'It could not be given back; the money stays'),
  orderMade: say('Lập lệnh chi để hoàn thủ công', 'The payment order of the return by hand was made out'),
  receiptIssued: say('Lập biên lai điện tử', 'The electronic receipt was issued'),
  receiptReplaced: say('Lập biên lai thay thế', 'A receipt was issued in the place of another'),
  told: say('Bên nhận đã nhận thông báo', 'The event was told, and taken'),
  heldBack: say('Giữ lại thông báo: bên nhận không trả lời', 'The event was held back: its endpoint does not answer'),
  notTaken: say('Bên nhận chưa nhận thông báo', 'The event was not taken'),
} as const satisfies Record<string, Words>;

export const awaitedWords = {
  payment: say('Người nộp thanh toán', 'The payer pays'),
  paymentAtProvider: say('Người nộp hoàn tất lần thanh toán', 'The payer completes a payment that was begun'),
  providersWord: say('Nhà cung cấp trả lời kết quả lần thanh toán', 'The provider says what became of a payment'),
  providersFile: say('Tệp đối soát của nhà cung cấp có khoản này', 'The provider’s settlement file names the money'),
  difference: say('Cơ quan xử lý chênh lệch với tệp đối soát', 'The agency decides the difference with the file'),
  treasuryCredit: say(
    'Nhà cung cấp chuyển tiền vào tài khoản kho bạc',
    'The provider pays it into the treasury account',
  ),
  remittanceDecision: say('Người khác duyệt đợt chuyển nộp', 'Another person decides about the batch that pays it on'),
  remittanceExport: say('Xuất lệnh chuyển tiền', 'The payment orders go out to the bank'),
  remittanceDebit: say('Sao kê có lệnh chuyển nộp', 'The statement shows that it was paid on'),
  remittanceAgain: say('Chuyển nộp lại khoản ngân hàng trả lại', 'What the bank sent back is paid on once more'),
  decisionOnSurplus: say('Cơ quan quyết định về tiền thừa', 'The agency decides about money beyond what was due'),
  refundDecision: say('Người khác duyệt hoặc từ chối hoàn trả', 'Another person orders or rejects the refund'),
  refundSending: say('Gửi lệnh hoàn tới nhà cung cấp', 'The refund is sent to the provider'),
  refundWord: say('Nhà cung cấp báo kết quả hoàn trả', 'The provider says what became of the refund'),
  returnByHand: say('Cơ quan hoàn tiền thủ công', 'The agency gives the money back by hand'),
  receipt: say('Lập biên lai điện tử', 'The electronic receipt is issued'),
  receiptSignature: say('Ký số biên lai', 'The receipt is signed'),
  endpointTakes: say('Bên nhận nhận thông báo', 'The endpoint takes the event'),
  returnConfirmation: say('Người khác xác nhận đã hoàn thủ công', 'Another person confirms the return by hand'),
} as const satisfies Record<string, Words>;
