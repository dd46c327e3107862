import { UpdateCommand } from '../../shared/aws/dynamodb.ts';
import { type Bug, condition, every, NOW_AND_THEN } from './planting.ts';

/** Mistakes in asking banks, and in telling those that must be told first. */
export const askingBugs: readonly Bug[] = [
  {
    name: 'silent-forgotten-before-asked',
    says: 'silent payments are struck out before their questions are in the queue',
    wiring: () => {
      let taken: readonly unknown[] = [];
      return {
        stores: (stores) => {
          const dueBy = stores.watches.dueBy.bind(stores.watches);
          const forget = stores.watches.forget.bind(stores.watches);
          stores.watches.dueBy = async (query) => {
            const due = await dueBy(query);
            taken = due;
            await forget(due);
            return due;
          };
          stores.watches.forget = async () => undefined;
          return stores;
        },
        questions: (questions) => ({
          // The queue takes nothing while it has no time; whoever sends does not come again.
          sendLater: (messages) =>
            taken.length > 0 && messages.length === taken.length
              ? questions.sendLater(messages).catch(() => undefined)
              : questions.sendLater(messages),
        }),
      };
    },
  },
  {
    name: 'question-of-the-stream-dropped',
    says: 'the stream goes on although the question about a new attempt never came into the queue',
    wiring: () => {
      const now = every(NOW_AND_THEN);
      return {
        questions: (questions) => ({
          sendLater: async (messages) => (now() ? undefined : questions.sendLater(messages)),
        }),
      };
    },
  },
  {
    name: 'silence-not-watched',
    says: 'what stays silent beyond the first quarter of an hour is watched by nobody',
    wiring: () => ({
      stores: (stores) => {
        stores.watches.watch = async () => undefined;
        return stores;
      },
    }),
  },
  {
    name: 'unsigned-answer-believed',
    says: 'what a bank says when it is asked is believed whoever signed it',
    wiring: () => ({
      provider: (provider) => {
        const { query } = provider;
        if (!query || provider.manifest.id !== 'sandbox-bank') return provider;
        return {
          ...provider,
          query: {
            ...query,
            read: (response, question, account) => {
              try {
                return query.read(response, question, account);
              } catch {
                const { answer = '{}' } = JSON.parse(Buffer.from(response.body).toString()) as { answer?: string };
                const said = JSON.parse(answer) as { txnId: string; amount: number };
                return {
                  providerId: provider.manifest.id,
                  terminal: account.terminal,
                  reference: question.reference,
                  outcome: 'paid',
                  amount: said.amount as never,
                  currency: 'VND',
                  transactionId: said.txnId,
                  paidAt: null,
                  resultCode: 'OK',
                  evidence: answer,
                };
              }
            },
          },
        };
      },
    }),
  },
  {
    name: 'silence-fails-a-payment',
    says: 'a bank that does not answer counts as one that declined',
    wiring: () => ({
      provider: (provider) => {
        const { query } = provider;
        if (!query) return provider;
        return {
          ...provider,
          query: {
            ...query,
            read: (response, question, account) => {
              const answer = query.read(response, question, account);
              if (answer.outcome !== 'unknown') return answer;
              const [outcome, amount, currency, transactionId] = ['declined' as const, null, 'VND', ''];
              const more = { paidAt: null, resultCode: answer.resultCode, evidence: 'silence' };
              const about = { reference: question.reference, terminal: account.terminal };
              return { providerId: provider.manifest.id, ...about, outcome, amount, currency, transactionId, ...more };
            },
          },
        };
      },
    }),
  },
  {
    name: 'prepared-overwritten',
    says: 'what a bank prepared later takes the place of what citizens were sent on with',
    wiring: () => ({
      between: condition(
        (command): command is UpdateCommand =>
          command instanceof UpdateCommand && (command.input.UpdateExpression?.includes('.pr = :prepared') ?? false),
        (text) =>
          text
            .replace(/ AND attribute_not_exists\(#at\[\d+\]\.pr\)/, '')
            .replace(/^#at\[\d+\]\.s = :from/, 'attribute_exists(k)'),
      ),
    }),
  },
];
