-- cloudtrail_lake_events: the CloudTrail events under CloudTrail Lake's names and types, for queries written for that service.
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
--   eventtime timestamp: When it happened, UTC. Athena compares no time with a text: write TIMESTAMP before the literal, or
--     ask cloudtrail_lake_events_text.
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
-- Cost: of from_cloudtrail_readready the days that a condition on calendarday leaves. One on eventtime alone opens every day's
--   files, and reads little of most of them.
-- Source of names and types: AWS CloudTrail User Guide, "Supported SQL schemas for event data stores". Its
--   credentiaisissuedto is a slip there of credentialsIssuedTo, which records have.
WITH
parsed AS (
    SELECT
        from_cloudtrail_readready.*,
        TRY(CAST(json_extract(requestparameters, '$') AS map(varchar, json))) AS request,
        TRY(CAST(json_extract(responseelements, '$') AS map(varchar, json))) AS response,
        TRY(CAST(json_extract(additionaleventdata, '$') AS map(varchar, json))) AS additional,
        TRY(CAST(json_extract(serviceeventdetails, '$') AS map(varchar, json))) AS details,
        TRY(CAST(json_extract(otherfields, '$.addendum') AS map(varchar, json))) AS mended,
        TRY(CAST(json_extract(otherfields, '$.edgeDeviceDetails') AS map(varchar, json))) AS edge,
        TRY(CAST(json_extract(otherfields, '$.insightDetails') AS map(varchar, json))) AS insight,
        TRY(CAST(json_parse(resources) AS array(json))) AS touched,
        json_extract(useridentity, '$.sessionContext') AS context
    FROM from_cloudtrail_readready
)
SELECT
    eventversion,
    CASE
        WHEN useridentity IS NOT NULL
            THEN CAST(
                ROW(
                    json_extract_scalar(useridentity, '$.type'),
                    json_extract_scalar(useridentity, '$.principalId'),
                    json_extract_scalar(useridentity, '$.arn'),
                    json_extract_scalar(useridentity, '$.accountId'),
                    json_extract_scalar(useridentity, '$.accessKeyId'),
                    json_extract_scalar(useridentity, '$.userName'),
                    CASE
                        WHEN context IS NOT NULL
                            THEN ROW(
                                ROW(
                                    TRY(
                                        CAST(
                                            from_iso8601_timestamp(
                                                json_extract_scalar(context, '$.attributes.creationDate')
                                            ) AT TIME ZONE 'UTC' AS timestamp
                                        )
                                    ),
                                    json_extract_scalar(context, '$.attributes.mfaAuthenticated')
                                ),
                                ROW(
                                    json_extract_scalar(context, '$.sessionIssuer.type'),
                                    json_extract_scalar(context, '$.sessionIssuer.principalId'),
                                    json_extract_scalar(context, '$.sessionIssuer.arn'),
                                    json_extract_scalar(context, '$.sessionIssuer.accountId'),
                                    json_extract_scalar(context, '$.sessionIssuer.userName')
                                ),
                                ROW(
                                    json_extract_scalar(context, '$.webIdFederationData.federatedProvider'),
                                    TRY(
                                        CAST(
                                            json_extract(context, '$.webIdFederationData.attributes')
                                            AS map(varchar, varchar)
                                        )
                                    )
                                ),
                                json_extract_scalar(context, '$.sourceIdentity'),
                                json_extract_scalar(context, '$.ec2RoleDelivery'),
                                json_extract_scalar(context, '$.ec2IssuedInVpc')
                            )
                    END,
                    ROW(
                        json_extract_scalar(useridentity, '$.onBehalfOf.userId'),
                        json_extract_scalar(useridentity, '$.onBehalfOf.identityStoreArn')
                    ),
                    ROW(
                        json_extract_scalar(useridentity, '$.inScopeOf.sourceArn'),
                        json_extract_scalar(useridentity, '$.inScopeOf.sourceAccount'),
                        json_extract_scalar(useridentity, '$.inScopeOf.issuerType'),
                        json_extract_scalar(useridentity, '$.inScopeOf.credentialsIssuedTo')
                    ),
                    json_extract_scalar(useridentity, '$.invokedBy'),
                    json_extract_scalar(useridentity, '$.identityProvider')
                ) AS ROW(
                    type varchar,
                    principalid varchar,
                    arn varchar,
                    accountid varchar,
                    accesskeyid varchar,
                    username varchar,
                    sessioncontext ROW(
                        attributes ROW(creationdate timestamp, mfaauthenticated varchar),
                        sessionissuer ROW(
                            type varchar, principalid varchar, arn varchar, accountid varchar, username varchar
                        ),
                        webidfederationdata ROW(federatedprovider varchar, attributes map(varchar, varchar)),
                        sourceidentity varchar,
                        ec2roledelivery varchar,
                        ec2issuedinvpc varchar
                    ),
                    onbehalfof ROW(userid varchar, identitystorearn varchar),
                    inscopeof ROW(
                        sourcearn varchar, sourceaccount varchar, issuertype varchar, credentialsissuedto varchar
                    ),
                    invokedby varchar,
                    identityprovider varchar
                )
            )
    END AS useridentity,
    eventtime,
    eventsource,
    eventname,
    awsregion,
    sourceipaddress,
    useragent,
    errorcode,
    errormessage,
    map(
        array_sort(map_keys(request)),
        transform(
            array_sort(map_keys(request)),
            k -> coalesce(
                json_extract_scalar(element_at(request, k), '$'), nullif(json_format(element_at(request, k)), 'null')
            )
        )
    ) AS requestparameters,
    map(
        array_sort(map_keys(response)),
        transform(
            array_sort(map_keys(response)),
            k -> coalesce(
                json_extract_scalar(element_at(response, k), '$'), nullif(json_format(element_at(response, k)), 'null')
            )
        )
    ) AS responseelements,
    map(
        array_sort(map_keys(additional)),
        transform(
            array_sort(map_keys(additional)),
            k -> coalesce(
                json_extract_scalar(element_at(additional, k), '$'), nullif(json_format(element_at(additional, k)), 'null')
            )
        )
    ) AS additionaleventdata,
    requestid,
    eventid,
    readonly,
    transform(
        touched,
        one -> CAST(
            ROW(
                json_extract_scalar(one, '$.accountId'),
                json_extract_scalar(one, '$.type'),
                coalesce(json_extract_scalar(one, '$.ARN'), json_extract_scalar(one, '$.arn')),
                json_extract_scalar(one, '$.ARNPrefix')
            ) AS ROW(accountid varchar, type varchar, arn varchar, arnprefix varchar)
        )
    ) AS resources,
    eventtype,
    apiversion,
    managementevent,
    recipientaccountid,
    sharedeventid,
    json_extract_scalar(otherfields, '$.annotation') AS annotation,
    vpcendpointid,
    json_extract_scalar(otherfields, '$.vpcEndpointAccountId') AS vpcendpointaccountid,
    map(
        array_sort(map_keys(details)),
        transform(
            array_sort(map_keys(details)),
            k -> coalesce(
                json_extract_scalar(element_at(details, k), '$'), nullif(json_format(element_at(details, k)), 'null')
            )
        )
    ) AS serviceeventdetails,
    map(
        array_sort(map_keys(mended)),
        transform(
            array_sort(map_keys(mended)),
            k -> coalesce(
                json_extract_scalar(element_at(mended, k), '$'), nullif(json_format(element_at(mended, k)), 'null')
            )
        )
    ) AS addendum,
    map(
        array_sort(map_keys(edge)),
        transform(
            array_sort(map_keys(edge)),
            k -> coalesce(
                json_extract_scalar(element_at(edge, k), '$'), nullif(json_format(element_at(edge, k)), 'null')
            )
        )
    ) AS edgedevicedetails,
    map(
        array_sort(map_keys(insight)),
        transform(
            array_sort(map_keys(insight)),
            k -> coalesce(
                json_extract_scalar(element_at(insight, k), '$'), nullif(json_format(element_at(insight, k)), 'null')
            )
        )
    ) AS insightdetails,
    eventcategory,
    CASE
        WHEN tlsdetails IS NOT NULL
            THEN CAST(
                ROW(
                    json_extract_scalar(tlsdetails, '$.tlsVersion'),
                    json_extract_scalar(tlsdetails, '$.cipherSuite'),
                    json_extract_scalar(tlsdetails, '$.clientProvidedHostHeader')
                ) AS ROW(tlsversion varchar, ciphersuite varchar, clientprovidedhostheader varchar)
            )
    END AS tlsdetails,
    CAST(sessioncredentialfromconsole AS varchar) AS sessioncredentialfromconsole,
    CAST(NULL AS varchar) AS eventjson,
    CAST(NULL AS varchar) AS eventjsonchecksum,
    calendarday
FROM parsed
