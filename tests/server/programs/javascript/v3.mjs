// Invokes functions with the AWS SDK for JavaScript v3, configured by the environment alone.
// One JSON line for each argument: what a caller of the SDK learns.
import { InvokeAsyncCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

const [names, payload, InvocationType] = process.argv.slice(2);
const client = new LambdaClient({});
for (const FunctionName of names.split(",")) {
  let outcome;
  try {
    if (InvocationType) {
      const input = { FunctionName, InvocationType, Payload: payload || undefined };
      const answer = await client.send(new InvokeCommand(input));
      outcome = { Status: answer.StatusCode, Payload: Buffer.from(answer.Payload ?? "").toString() };
    } else {
      const answer = await client.send(new InvokeAsyncCommand({ FunctionName, InvokeArgs: payload }));
      outcome = { Status: answer.Status, attempts: answer.$metadata.attempts };
    }
  } catch (error) {
    outcome = {
      name: error.name,
      message: error.message,
      status: error.$metadata?.httpStatusCode,
      attempts: error.$metadata?.attempts,
    };
  }
  console.log(JSON.stringify(outcome));
}
