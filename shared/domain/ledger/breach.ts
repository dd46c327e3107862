/**
 * What is wrong first with something that follows from the books, or that the books follow from. `key`: where it stands, in
 * the words of its table; nothing is changed by finding it.
 */
export type BookBreach = {
  kind:
    | 'item_unreadable'
    | 'item_implausible'
    | 'movement_unentered'
    | 'movement_differs'
    | 'entry_unreadable'
    | 'entry_of_no_movement'
    | 'balance_differs'
    | 'work_unreadable'
    | 'work_missing'
    | 'work_altered'
    | 'work_of_nothing'
    | 'work_undecided'
    | 'decision_of_nothing'
    | 'decision_missing'
    | 'run_altered'
    | 'dossier_unreadable'
    | 'dossier_unclaimed'
    | 'dossier_of_nothing'
    | 'invoice_missing'
    | 'registry_unreadable'
    | 'registry_missing'
    | 'registry_altered'
    | 'registry_undecided'
    | 'receipt_unreadable'
    | 'receipt_number_missing'
    | 'receipt_missing'
    | 'receipt_altered'
    | 'receipt_replacement_broken';
  key: string;
  detail: string;
};
