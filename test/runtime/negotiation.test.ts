import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preferredLanguage, preferredMediaType } from '../../shared/runtime/negotiation.ts';

describe('the language of an answer', () => {
  it.each([
    [undefined, 'vi'],
    ['', 'vi'],
    ['vi', 'vi'],
    ['en', 'en'],
    ['EN', 'en'],
    ['en-GB', 'en'],
    ['en-US,en;q=0.9,vi;q=0.8', 'en'],
    ['vi-VN,vi;q=0.9,en;q=0.8', 'vi'],
    ['en;q=0, vi', 'vi'],
    ['en;q=0', 'vi'],
    ['fr, en;q=0.5', 'en'],
    ['fr', 'vi'],
    ['vi;q=0.1,en;q=0.9', 'en'],
    ['vi;q=0.1 , en ; q=0.9', 'en'],
    ['en;q=0.001', 'en'],
    ['en, vi', 'en'],
    ['vi, en', 'vi'],
    ['*', 'vi'],
    ['en, *', 'en'],
    ['*, en;q=0.5', 'vi'],
    ['vi;q=0, *', 'en'],
    ['en;q=2', 'vi'],
    ['en;q=x, fr', 'vi'],
    ['english', 'vi'],
    ['english, vi', 'vi'],
  ])('%j: %s', (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });
});

describe('the media type of an answer', () => {
  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['Text/CSV; charset=utf-8', 'text/csv'],
    ['application/json, text/csv;q=0.1', 'application/json'],
    ['application/json;q=0.1, text/csv', 'text/csv'],
    ['application/json, text/csv', 'application/json'],
    ['text/csv, application/json', 'text/csv'],
    ['text/csv, */*;q=0.1', 'text/csv'],
    ['*/*, text/csv', 'text/csv'],
    ['text/*', 'text/csv'],
    ['text/*, text/csv;q=0', 'application/json'],
    ['text/csv;q=0, */*', 'application/json'],
    ['text/csv;q=0', 'application/json'],
    ['text/csvx', 'application/json'],
    ['image/png', 'application/json'],
  ])('%j: %s', (header, mediaType) => {
    expect(preferredMediaType(header, ['application/json', 'text/csv'])).toBe(mediaType);
  });

  it('is one of the offers whatever the header holds', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(['vi', 'en']).toContain(preferredLanguage(header));
        expect(['a/b', 'c/d']).toContain(preferredMediaType(header, ['a/b', 'c/d']));
      }),
    );
  });
});
