import {
  type Bank,
  BankList,
  type Province,
  ProvinceList,
  type SubItem,
  SubItemList,
} from '../domain/identity/reference.ts';
import { onFirstCall } from '../domain/on-first-call.ts';
import banksFile from './banks.json' with { type: 'json' };
import provincesFile from './provinces.json' with { type: 'json' };
import subItemsFile from './subitems.json' with { type: 'json' };

/** Lists that identifiers are checked against. Each file names its source and how sure it is. */

export const banks = onFirstCall((): readonly Bank[] => BankList.parse(banksFile).rows);

export const provinces = onFirstCall((): readonly Province[] => ProvinceList.parse(provincesFile).rows);

/** Budget sub-items (tiểu mục) by code. */
export const subItems = onFirstCall(
  (): ReadonlyMap<string, SubItem> => new Map(SubItemList.parse(subItemsFile).rows.map((row) => [row.code, row])),
);
