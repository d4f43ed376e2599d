namespace Watchword.Server.Delivery.Providers.Infobip;

/// <summary>Infobip's status names in our words (https://www.infobip.com/docs/essentials/response-status-and-error-codes).</summary>
internal static class InfobipStatus
{
    /// <summary>What a status of group 2, 4 or 5 says of a request to send.</summary>
    public static SendResult Fault(string? name) => name switch
    {
        "REJECTED_INVALID_DESTINATION" or "REJECTED_DESTINATION_INVALID" or "MISSING_TO" => new(SendOutcome.Refused, "The number is not a valid one, says Infobip."),
        "REJECTED_DND" => new(SendOutcome.Refused, "The number is on a do-not-disturb list."),
        "REJECTED_DESTINATION" or "REJECTED_BLOCKED" => new(SendOutcome.Refused, "The number is blocked at Infobip."),
        // Only our own earlier try can have used this id.
        "REJECTED_DUPLICATE_MESSAGE_ID" => new(SendOutcome.Accepted),
        "REJECTED_FLOODING_FILTER" => new(SendOutcome.TryLater, "Infobip holds back messages that look like many to one number."),
        "REJECTED_SYSTEM_ERROR" => new(SendOutcome.TryLater, "Infobip has a problem of its own."),
        "REJECTED_NOT_ENOUGH_CREDITS" or "REJECTED_PREPAID_PACKAGE_EXPIRED" => new(SendOutcome.Misconfigured, "The Infobip account has no money left; top it up."),
        "REJECTED_SENDER" or "REJECTED_SOURCE" or "REJECTED_SENDER_NOT_REGISTERED" =>
            new(SendOutcome.Misconfigured, "Infobip does not send from this sender; register it or set another for the route."),
        "REJECTED_DESTINATION_NOT_REGISTERED" => new(SendOutcome.Misconfigured, "The Infobip account is a trial, which sends to confirmed numbers only; upgrade it."),
        "REJECTED_NETWORK" or "REJECTED_ROUTE_NOT_AVAILABLE" or "REJECTED_PREFIX_MISSING" =>
            new(SendOutcome.Misconfigured, "Infobip has no way to this kind of number for the account; ask Infobip to open it or use another provider for the country."),
        "REJECTED_MESSAGE_TOO_LONG" => new(SendOutcome.Misconfigured, "The text is too long for Infobip."),
        _ => new(SendOutcome.Misconfigured, "Infobip does not take the message as it is; see its status code."),
    };

    /// <summary>Why a message that was taken did not arrive, by the name of the error in its report.</summary>
    public static string? OfDelivery(string? name) => name switch
    {
        "EC_ABSENT_SUBSCRIBER" or "EC_ABSENT_SUBSCRIBER_SM" or "EC_SUBSCRIBER_BUSY_FOR_MT_SMS" => "The phone was switched off, busy or out of reach.",
        "EC_UNKNOWN_SUBSCRIBER" or "EC_UNIDENTIFIED_SUBSCRIBER" or "EC_INVALID_DESTINATION_ADDRESS" => "The number is unknown or no longer in service.",
        "EC_CALL_BARRED" or "EC_USER_IN_BLACKLIST" or "EC_DEST_ADDRESS_BLACKLISTED" => "The recipient or the operator blocks these messages.",
        "EC_MESSAGE_QUEUE_FULL" or "EC_MEMORY_CAPACITY_EXCEEDED" => "The phone has no room for more messages.",
        "EC_FACILITY_NOT_SUPPORTED" or "EC_TELESERVICE_NOT_PROVISIONED" => "The number cannot receive text messages.",
        _ => null,
    };
}
