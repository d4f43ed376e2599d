namespace Watchword.Server.Delivery.Providers.Twilio;

/// <summary>Twilio's error codes in our words (https://www.twilio.com/docs/api/errors).</summary>
internal static class TwilioErrors
{
    /// <summary>What a code says of a request to send; null where the HTTP status says enough.</summary>
    public static SendResult? Of(int? code) => code switch
    {
        21211 or 21217 or 21265 => Refused("The number is not a valid one, says Twilio."),
        21214 => Refused("The number cannot be reached, says Twilio."),
        21610 => Refused("The recipient has unsubscribed from this sender with STOP."),
        21614 or 21635 => Refused("The number is not a mobile number, says Twilio."),
        20003 => Misconfigured("Twilio does not accept the account SID with its auth token or API key; check them."),
        20005 or 10001 or 30002 => Misconfigured("The Twilio account is suspended or not active; see the Twilio Console."),
        21212 or 21603 or 21606 or 21618 or 21659 or 21660 or 21661 =>
            Misconfigured("Twilio does not send from this number or name; check from_number and the sender of the route."),
        21612 => Misconfigured("Twilio cannot bring messages from this sender to this number; use another sender or provider for the country."),
        21408 => Misconfigured("The Twilio account may not send to this country; allow it in the Console under Messaging, Geo permissions."),
        21267 or 21608 => Misconfigured("The Twilio account is a trial, which sends to confirmed numbers only; upgrade it."),
        21609 => Misconfigured("Twilio does not accept the address for receipts; Watchword's public URL must be reachable from the internet."),
        21617 => Misconfigured("The text is too long for Twilio."),
        21701 or 21702 or 21703 or 21704 or 21705 =>
            Misconfigured("The Messaging Service has no sender for this message, or does not exist; check messaging_service_sid."),
        20429 or 14107 or 30022 => new(SendOutcome.TryLater, "Twilio asks for fewer messages a second."),
        21611 or 30001 => new(SendOutcome.TryLater, "The queue of the sending number at Twilio is full."),
        _ => null,
    };

    /// <summary>What a code says of a message that was taken and did not arrive.</summary>
    public static string? OfDelivery(string? code) => code switch
    {
        "30001" => "The queue of the sending number at Twilio was full.",
        "30002" => "The Twilio account is suspended.",
        "30003" => "The phone was switched off or out of reach.",
        "30004" => "The recipient or the operator blocks these messages.",
        "30005" => "The number is unknown or no longer in service.",
        "30006" => "The number is a landline, or its operator cannot be reached.",
        "30007" => "The operator filtered the message as unwanted.",
        "30008" => "The operator gave no reason.",
        "30032" or "30034" => "The sending number is not registered for this country's operators.",
        "21610" => "The recipient has unsubscribed from this sender with STOP.",
        _ => null,
    };

    private static SendResult Refused(string reason) => new(SendOutcome.Refused, reason);

    private static SendResult Misconfigured(string reason) => new(SendOutcome.Misconfigured, reason);
}
