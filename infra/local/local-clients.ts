import type { LocalClient } from './issuer.ts';

/**
 * Ready callers for a machine of one's own. The finance maker and the checker hold the same scopes: that they are two is
 * what the four-eyes rule asks for.
 */
const FINANCE = [
  'invoices:read',
  'receipts:write',
  'receipts:approve',
  'payments:read',
  'statements:write',
  'reconciliation:read',
  'reconciliation:write',
  'reconciliation:approve',
  'remittances:read',
  'remittances:write',
  'remittances:approve',
  'reports:read',
  'ledger:read',
  'refunds:read',
  'refunds:write',
  'refunds:approve',
];

const CATALOGUE = ['catalogue:read', 'catalogue:write', 'catalogue:approve'];

const PORTAL = [
  'catalogue:read',
  'quotes:write',
  'invoices:read',
  'invoices:write',
  'payments:read',
  'payments:write',
  'webhooks:read',
  'webhooks:write',
  'refunds:read',
  'refunds:write',
];

const DESK = [
  'invoices:read',
  'receipts:write',
  'receipts:approve',
  'payments:read',
  'counter:write',
  'counter:approve',
  'refunds:read',
  'refunds:write',
  'refunds:approve',
];

const OPERATOR = [
  'catalogue:read',
  'operations:write',
  'audit:read',
  'callbacks:read',
  'webhooks:read',
  'webhooks:write',
];

export const localClients: readonly LocalClient[] = [
  { id: 'local-portal', kind: 'portal', scopes: PORTAL },
  // Of another province: whatever it asks of the first one's invoices, it must find nothing.
  { id: 'local-other-portal', kind: 'portal', scopes: PORTAL },
  {
    id: 'local-agency',
    kind: 'agency',
    scopes: ['catalogue:read', 'invoices:read', 'payments:read', 'reports:read', 'webhooks:read', 'webhooks:write'],
  },
  // Two people at the desk of one agency, who sign in at one client: four eyes are theirs, not the client's.
  { id: 'local-clerk-one', kind: 'agency', scopes: DESK, signsInAt: 'local-desk' },
  { id: 'local-clerk-two', kind: 'agency', scopes: DESK, signsInAt: 'local-desk' },
  { id: 'local-finance-maker', kind: 'finance', scopes: FINANCE },
  { id: 'local-finance-checker', kind: 'finance', scopes: FINANCE },
  // What a system of the state would hold that monitors and reports.
  { id: 'local-monitor', kind: 'finance', scopes: ['aggregates:read'] },
  // What VNPAY would hold, to see what it sent and what it was answered.
  { id: 'local-vnpay', kind: 'provider', scopes: ['callbacks:read'] },
  // Two persons: one drafts the law, the other publishes it.
  { id: 'local-catalogue-drafter', kind: 'operator', scopes: CATALOGUE },
  { id: 'local-catalogue-approver', kind: 'operator', scopes: CATALOGUE },
  // Two persons: what one of them proposes the other approves.
  { id: 'local-operator', kind: 'operator', scopes: OPERATOR },
  { id: 'local-operator-two', kind: 'operator', scopes: OPERATOR },
];
