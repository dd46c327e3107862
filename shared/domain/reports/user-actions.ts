import type { Act, LogSubject } from '../audit/audit.ts';
import type { Report } from './report.ts';

/** What came of an act, for people; the code stands beside it. */
const acts: Readonly<Record<Act['act'], string>> = {
  asked: 'Bắt đầu',
  proposed: 'Đề xuất',
  approved: 'Duyệt',
  rejected: 'Từ chối',
  withdrawn: 'Rút lại',
  applied: 'Đã thực hiện',
  failed: 'Không thực hiện được',
  own_approval: 'Tự duyệt, bị từ chối',
};

const named = ({ kind, id }: LogSubject): string => `${kind} ${id}`;

/** Who did what, one entry of the log a row. */
export const userActions: Report = {
  id: 'user-actions',
  title: { vi: 'Nhật ký thao tác của người dùng', en: 'User actions' },
  byProvider: false,
  notes: [
    {
      vi: 'Mỗi lời gọi có một dòng trước khi làm và một dòng khi xong; hai dòng có chung mã lời gọi. Dòng không nêu cơ quan chỉ người được xem mọi cơ quan mới thấy.',
      en: 'Each call has a row before it is made and one when it is over, with one call id. Rows without an agency are seen by those only who see all agencies.',
    },
    {
      vi: 'Nhật ký chậm vài giây. Thao tác không phải bút toán, nên không cộng vào sổ cái.',
      en: 'The log is some seconds late. Acts are no entries, so they do not foot to the ledger.',
    },
  ],
  columns: [
    { key: 'at', title: { vi: 'Thời điểm', en: 'At' }, kind: 'instant', width: 19 },
    { key: 'by', title: { vi: 'Người', en: 'Person' }, kind: 'text', width: 22 },
    { key: 'clientId', title: { vi: 'Ứng dụng', en: 'Client' }, kind: 'text', width: 18 },
    { key: 'agencyCode', title: { vi: 'Cơ quan', en: 'Agency' }, kind: 'text', width: 11 },
    { key: 'words', title: { vi: 'Kết quả', en: 'Outcome, in words' }, kind: 'text', width: 18 },
    { key: 'act', title: { vi: 'Mã kết quả', en: 'Outcome' }, kind: 'text', width: 12 },
    { key: 'call', title: { vi: 'Thao tác', en: 'Call' }, kind: 'text', width: 40 },
    { key: 'subject', title: { vi: 'Đối tượng', en: 'Subject' }, kind: 'text', width: 36 },
    { key: 'about', title: { vi: 'Liên quan', en: 'Also about' }, kind: 'text', width: 36, digitalOnly: true },
    { key: 'reason', title: { vi: 'Lý do', en: 'Reason' }, kind: 'text', width: 18 },
    { key: 'proposalId', title: { vi: 'Mã đề xuất', en: 'Proposal' }, kind: 'text', width: 27, digitalOnly: true },
    { key: 'callId', title: { vi: 'Mã lời gọi', en: 'Call id' }, kind: 'text', width: 17, digitalOnly: true },
  ],
  async *rows(sources) {
    for await (const page of sources.acts())
      yield page.map((act) => [
        act.at,
        act.by,
        act.clientId,
        act.agencyCode ?? null,
        acts[act.act],
        act.act,
        act.call ?? null,
        named(act.subject),
        act.about?.map(named).join('; ') ?? null,
        act.reason ?? null,
        act.proposalId ?? null,
        act.callId ?? null,
      ]);
  },
  proofs: () => [],
};
