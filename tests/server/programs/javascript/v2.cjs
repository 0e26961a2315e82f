// Invokes functions with the AWS SDK for JavaScript v2. It does not know AWS_ENDPOINT_URL_LAMBDA by
// itself. One JSON line for each argument: what a caller of the SDK learns.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const { Lambda } = require("aws-sdk");

const [names, payload, InvocationType] = process.argv.slice(2);
const client = new Lambda({
  endpoint: process.env.AWS_ENDPOINT_URL_LAMBDA,
  region: process.env.AWS_REGION,
});

(async () => {
  for (const FunctionName of names.split(",")) {
    let outcome;
    try {
      if (InvocationType) {
        const input = { FunctionName, InvocationType, Payload: payload || undefined };
        const answer = await client.invoke(input).promise();
        outcome = { Status: answer.StatusCode, Payload: answer.Payload.toString() };
      } else {
        const answer = await client.invokeAsync({ FunctionName, InvokeArgs: payload }).promise();
        outcome = { Status: answer.Status };
      }
    } catch (error) {
      outcome = { name: error.code, message: error.message, status: error.statusCode };
    }
    console.log(JSON.stringify(outcome));
  }
})();
