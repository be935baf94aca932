-- cloudtrail_lake_events_text: cloudtrail_lake_events with eventtime as a text, for queries that compare it with one.
--
-- IAM Identity Center TEAM's queries do, and CloudTrail Lake allowed it; Athena compares no time with a text (TYPE_MISMATCH).
-- Compare with texts in the same form, 2026-03-02T08:00:00Z: another form is compared letter by letter, and wrongly.
--
-- Columns:
--   eventversion varchar: The version of the record's format.
--   useridentity row(type varchar, principalid varchar, arn varchar, accountid varchar, accesskeyid varchar,
--     username varchar, sessioncontext row(attributes row(creationdate timestamp, mfaauthenticated varchar),
--     sessionissuer row(type varchar, principalid varchar, arn varchar, accountid varchar, username varchar),
--     webidfederationdata row(federatedprovider varchar, attributes map(varchar, varchar)), sourceidentity varchar,
--     ec2roledelivery varchar, ec2issuedinvpc varchar), onbehalfof row(userid varchar, identitystorearn varchar),
--     inscopeof row(sourcearn varchar, sourceaccount varchar, issuertype varchar, credentialsissuedto varchar),
--     invokedby varchar, identityprovider varchar): Who called.
--   eventtime varchar: When it happened, UTC: 2026-03-02T08:00:00Z.
--   eventsource varchar: The service that was called.
--   eventname varchar: The API action.
--   awsregion varchar: The Region of the call.
--   sourceipaddress varchar: Where the call came from.
--   useragent varchar: The caller's own word for its software.
--   errorcode varchar: Why the call failed.
--   errormessage varchar: The error's text.
--   requestparameters map(varchar, varchar): The request. What is nested is JSON text, here and in the other maps.
--   responseelements map(varchar, varchar): The response.
--   additionaleventdata map(varchar, varchar): What else the service tells.
--   requestid varchar: The service's request id.
--   eventid varchar: CloudTrail's id of the event.
--   readonly boolean: Whether the call only reads.
--   resources array(row(accountid varchar, type varchar, arn varchar, arnprefix varchar)): The resources touched.
--   eventtype varchar: AwsApiCall, AwsServiceEvent, ...
--   apiversion varchar: The service's API version.
--   managementevent boolean: Whether it is a management event.
--   recipientaccountid varchar: The account that received the event.
--   sharedeventid varchar: Equal in the records of one event that two accounts received.
--   annotation varchar: As the record has it.
--   vpcendpointid varchar: The VPC endpoint of the call.
--   vpcendpointaccountid varchar: Its account.
--   serviceeventdetails map(varchar, varchar): What a service event tells.
--   addendum map(varchar, varchar): Why the record came late or was mended.
--   edgedevicedetails map(varchar, varchar): The edge device of the call.
--   insightdetails map(varchar, varchar): Of an insight event.
--   eventcategory varchar: Management, Data, Insight, ...
--   tlsdetails row(tlsversion varchar, ciphersuite varchar, clientprovidedhostheader varchar): TLS of the call.
--   sessioncredentialfromconsole varchar: true if the credentials came from a console session.
--   eventjson varchar: Null: the lake keeps the record's parts, not its text.
--   eventjsonchecksum varchar: Null.
--   calendarday varchar: The event's day, yyyy-mm-dd, UTC: not CloudTrail Lake's, and the one to name.
-- Cost: what cloudtrail_lake_events costs.
SELECT
    eventversion,
    useridentity,
    date_format(eventtime, '%Y-%m-%dT%H:%i:%sZ') AS eventtime,
    eventsource,
    eventname,
    awsregion,
    sourceipaddress,
    useragent,
    errorcode,
    errormessage,
    requestparameters,
    responseelements,
    additionaleventdata,
    requestid,
    eventid,
    readonly,
    resources,
    eventtype,
    apiversion,
    managementevent,
    recipientaccountid,
    sharedeventid,
    annotation,
    vpcendpointid,
    vpcendpointaccountid,
    serviceeventdetails,
    addendum,
    edgedevicedetails,
    insightdetails,
    eventcategory,
    tlsdetails,
    sessioncredentialfromconsole,
    eventjson,
    eventjsonchecksum,
    calendarday
FROM cloudtrail_lake_events
