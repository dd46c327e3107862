import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { PostPaymentEnvironment } from '../../shared/runtime/environment.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from '../stacks/data.ts';

/** Verified callbacks in, movements on invoices out. */
export class PostPayment extends Construct {
  /** provider-callback and ask-provider send here, and nothing else may. What a bank was told we have is in it: it outlives the stack. */
  readonly inbox: WorkQueue;

  constructor(scope: Construct, id: string, { setting, data }: { setting: Setting; data: DataStack }) {
    super(scope, id);
    const { settings, alarms } = setting;
    const timeout = Duration.seconds(20);
    const impact = 'Citizens have paid, but the invoice does not say so and agencies do not see it.';

    this.inbox = new WorkQueue(this, 'Inbox', { timeout, keep: settings.deletionProtection });
    this.inbox.watch(this, alarms, { impact, patience: Duration.minutes(5) });

    const postPayment = new ServiceFunction<PostPaymentEnvironment>(this, 'PostPayment', {
      setting,
      entry: 'post-payment',
      impact,
      timeout,
      memory: settings.memory.consumer,
      environment: { STAGE: settings.stage, INVOICES_TABLE: data.invoices.table.tableName },
    });
    postPayment.consume(this.inbox.queue, { concurrency: settings.concurrency.postPayment });
    data.invoices.grantPost(postPayment);
  }
}
