"""`from_bedrock_readready`: what people and programs asked of models in Amazon Bedrock, one row an invocation."""

from schemas.table import CALENDARDAY, ORIGIN, SOURCE_OBJECT, Column, Logs, Setting, Table

LOGS = Logs(
    name="bedrock",
    title="Bedrock model invocations",
    settings=(
        Setting("models", r"[\w.:/-]+\*?", "a model's id as it is called, or its beginning followed by *"),
        Setting("loggroups", r"[\w./#-]+\*?|\*", "a log group's name, or its beginning followed by *"),
        Setting("bodies", "kept|left out", '"kept" or "left out"', ("kept",), one=True),
    ),
    shapes=(
        (("schemaType=ModelInvocationLog",), "Bedrock model invocation logs"),
        (("modelId", "operation"), "Bedrock model invocation logs"),
    ),
    rules=(
        ("model", "model"),
        ("loggroup", "log group"),
        ("heartbeat", "heartbeat (no data)"),
        ("body", "body of an invocation, kept by reference"),
    ),
)
TABLE = Table(
    name="from_bedrock_readready",
    description="Invocations of models in Amazon Bedrock, one row an invocation, on the day they happened. Prompts "
    "and answers are as sensitive as what was typed in a session.",
    columns=(
        Column("requestid", "string", "Bedrock's id of the request: from_cloudtrail_readready.requestid has it, too."),
        Column("eventtime", "timestamp", "When the model was called, UTC."),
        Column("accountid", "string", "The account that called: 12 digits, zeros in front."),
        Column("awsregion", "string", "The Region that was called."),
        Column("inferenceregion", "string", "The Region that answered, where an inference profile chose another."),
        Column("operation", "string", "Converse, ConverseStream, InvokeModel, InvokeModelWithResponseStream, ..."),
        Column("modelid", "string", "The model as it was called: an id, an inference profile's id, or an ARN."),
        Column("model", "string", "The model alone, e.g. anthropic.claude-3-haiku-20240307-v1:0, where modelid says."),
        Column("useridentityarn", "string", "Who called."),
        Column("username", "string", "Who called, as a plain name: the role session's name, else the user's name."),
        Column("inputtokens", "bigint", "Tokens that were sent."),
        Column("outputtokens", "bigint", "Tokens that were answered."),
        Column("cachereadtokens", "bigint", "Of a cached prompt, the tokens that were read."),
        Column("cachewritetokens", "bigint", "Tokens that were written into the cache."),
        Column("latencyms", "bigint", "Milliseconds until the answer, where the log says."),
        Column("stopreason", "string", "Why the model stopped, in the model's own word: end_turn, max_tokens, ..."),
        Column("guardrailid", "string", "The guardrail that the call named."),
        Column("guardrailaction", "string", "INTERVENED or NONE, where the log says."),
        Column("errorcode", "string", "Why the call failed."),
        Column("prompt", "string", "What was asked: the texts after the model's last answer, joined by newline."),
        Column("systemprompt", "string", "The instructions that came with it."),
        Column("answer", "string", "What was answered, as text."),
        Column(
            "images", "string", "Images, documents, videos in both, by reference: a JSON array, see docs/bedrock.md."
        ),
        Column("inputcontenttype", "string", "The type of what was sent."),
        Column("outputcontenttype", "string", "The type of the answer."),
        Column("inputbody", "string", "What was sent, JSON text, exactly as logged. Null where it is an object in S3."),
        Column("outputbody", "string", "What was answered, JSON text, exactly as logged. Null where it is in S3."),
        Column("inputbodys3path", "string", "The object with what was sent, where it was too long for the log."),
        Column("outputbodys3path", "string", "The object with the answer, where it was too long for the log."),
        Column("otherfields", "string", "Fields that this table has no column for, as one JSON object."),
        *ORIGIN,
    ),
    partition_keys=(CALENDARDAY,),
    indexes=(("calendarday",),),
    layout="orc",
    identity=("requestid", "eventtime", "accountid"),
    fallback_identity=SOURCE_OBJECT,
    sort=("eventtime", "requestid", *SOURCE_OBJECT),
    account=("accountid",),
    required=("eventtime", *(column.name for column in ORIGIN)),
    bloom=("requestid", "username", "useridentityarn"),
    sensitive=("prompt", "systemprompt", "answer", "images", "inputbody", "outputbody", "otherfields"),
)
