using Watchword.Core.Apps;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Otp;

/// <summary>A request to send, read and found well-formed.</summary>
internal readonly record struct SendInput(
    OtpChannel Channel, Identifier Identifier, OtpDestination? Custom, string? Template, string? SenderId, string? Subject)
{
    /// <summary>Reads a request. All its faults come back in one refusal, or null and the input.</summary>
    public static ApiError? Read(SendOtpRequest request, out SendInput input)
    {
        var faults = new List<string>();
        var channel = OtpChannelNames.FromWire(request.Channel);
        if (channel is null or OtpChannel.Test)
            faults.Add("channel must be sms, email or direct.");
        if (!Identifier.TryRead(request.IdentifierType, request.Identifier, out var identifier, out var fault))
            faults.Add(fault);
        var template = OneOf(request.CustomMessage, request.CustomSmsInput?.CustomMessage, "custom_message", faults);
        if (template is not null)
            faults.AddRange(MessageTemplate.Faults(template));
        var sender = OneOf(request.SenderId, request.CustomSmsInput?.SenderId, "sender_id", faults);
        if (sender is not null)
            faults.AddRange(Core.Messages.SenderId.Faults(sender));
        if (request.ApprovalData is { } data && ApprovalData.Fault(data) is { } approvalFault)
            faults.Add(approvalFault);
        if (request.ExpiresIn is < 1)
            faults.Add("expires_in must be at least 1 minute.");
        if (request.EmailContent?.Subject is { } subject && (subject.Length is 0 or > 200 || subject.Any(char.IsControl)))
            faults.Add("email_content.subject must be 1 to 200 characters without line breaks.");
        var custom = CustomDestination(request, channel, faults);
        input = new SendInput(channel ?? default, identifier, custom, template, sender, request.EmailContent?.Subject);
        return faults.Count == 0 ? null : ApiErrors.InvalidInput(faults);
    }

    /// <summary>
    /// Whether the caller named one of the application's test numbers. It depends on the request alone, so it tells nothing about who is a
    /// user.
    /// </summary>
    public bool NamesTestNumber(Application app, MasterKey keys, DateTimeOffset now) =>
        Channel == OtpChannel.Sms
        && (Custom?.Address ?? (Identifier.Type == IdentifierType.PhoneNumber ? Identifier.Value : null)) is { } number
        && TestNumbers.Find(app, number, keys, now) is not null;

    private static OtpDestination? CustomDestination(SendOtpRequest request, OtpChannel? channel, List<string> faults)
    {
        if (request.CustomPhoneNumber is { } phone && channel == OtpChannel.Sms)
        {
            if (PhoneNumber.TryParse(phone, out var number))
                return OtpDestination.To(number, custom: true);
            faults.Add("custom_phone_number must be a phone number in international form (E.164).");
        }
        if (request.CustomEmail is { } email && channel == OtpChannel.Email)
        {
            if (EmailAddress.TryParse(email, out var address))
                return OtpDestination.To(address, custom: true);
            faults.Add("custom_email must be an email address.");
        }
        return null;
    }

    /// <summary>The documentation shows these fields both inside <c>custom_sms_input</c> and at the top; either place will do.</summary>
    private static string? OneOf(string? top, string? nested, string name, List<string> faults)
    {
        if (top is not null && nested is not null && top != nested)
            faults.Add($"{name} is given twice with different values; give it once, in custom_sms_input.");
        return nested ?? top;
    }
}
