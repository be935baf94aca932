"""What is read of a CloudTrail record by those who are measured against: the fields that have columns in our table."""

RECORD = (
    "eventID", "eventTime", "eventSource", "eventName", "awsRegion", "recipientAccountId", "errorCode", "errorMessage",
    "sourceIPAddress", "userAgent", "requestParameters", "responseElements", "additionalEventData",
    "serviceEventDetails", "resources", "tlsDetails", "userIdentity", "readOnly", "managementEvent", "eventType",
    "eventCategory", "eventVersion", "apiVersion", "requestID", "sharedEventID", "vpcEndpointId",
    "sessionCredentialFromConsole",
)  # fmt: skip
# column: where it is in userIdentity
IDENTITY = {
    "useridentitytype": "type",
    "useridentityarn": "arn",
    "useridentityprincipalid": "principalId",
    "useridentityaccountid": "accountId",
    "useridentityaccesskeyid": "accessKeyId",
    "useridentityusername": "userName",
    "useridentityinvokedby": "invokedBy",
    "sessionissuerarn": "sessionContext.sessionIssuer.arn",
    "sessionissuerusername": "sessionContext.sessionIssuer.userName",
    "sourceidentity": "sessionContext.sourceIdentity",
    "mfaauthenticated": "sessionContext.attributes.mfaAuthenticated",
}
# What is kept where not everything is: service, action. As lake.toml has it.
EVENTS = (("ssm", "StartSession"), ("sts", "AssumeRole"), ("sts", "AssumeRoleWithSAML"), ("ecs", "ExecuteCommand"))
