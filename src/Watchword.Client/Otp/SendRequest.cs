using System.Text.Json.Nodes;

namespace Watchword.Client.Otp;

/// <summary>A code to be sent.</summary>
public sealed record SendRequest
{
    /// <summary>Whose code it is.</summary>
    public required Identifier User { get; init; }

    /// <summary>How it travels. By SMS unless set.</summary>
    public OtpChannel Channel { get; init; }

    /// <summary>Text of the SMS in place of the application's: holds <c>{app}</c> and <c>{otp}</c>, at most 140 characters.</summary>
    public string? CustomMessage { get; init; }

    /// <summary>Sender that the SMS shows: at most 11 letters and digits. Some countries show a number all the same.</summary>
    public string? SenderId { get; init; }

    /// <summary>Another number than the user's own. It does not become verified by this.</summary>
    public string? CustomPhoneNumber { get; init; }

    /// <summary>Another email address than the user's own. It does not become verified by this.</summary>
    public string? CustomEmail { get; init; }

    /// <summary>Subject of the email.</summary>
    public string? EmailSubject { get; init; }

    /// <summary>
    /// What the user approves by this code, such as amount and payee: a flat object of at most 10 members. It comes back in the ID token,
    /// signed; compare it there, not here.
    /// </summary>
    public JsonObject? ApprovalData { get; init; }

    /// <summary>How long the code lives, up to what the policy allows.</summary>
    public int? ExpiresInMinutes { get; init; }

    /// <summary>
    /// Binds the code to this very request: <see cref="SendResult.RequestId"/> has to come with it, so a code read over somebody's shoulder
    /// is of no use in another browser.
    /// </summary>
    public bool GenerateRequestId { get; init; }

    /// <summary>What you know of the end user.</summary>
    public ClientAttributes? ClientAttributes { get; init; }

    /// <summary>Channel and kind of identifier; no number, no text.</summary>
    public override string ToString() => $"{Channel} to {User}";
}

/// <summary>The same, as it is written.</summary>
internal sealed record SendBody(
    string Channel, string IdentifierType, string Identifier, SmsBody? CustomSmsInput, string? CustomPhoneNumber, string? CustomEmail, EmailBody? EmailContent,
    JsonObject? ApprovalData, int? ExpiresIn, bool? GenerateRequestId, ClientAttributes? ClientAttributes)
{
    public static SendBody Of(SendRequest request) => new(
        request.Channel switch
        {
            OtpChannel.Sms => "sms",
            OtpChannel.Email => "email",
            OtpChannel.Direct => "direct",
            _ => throw new ArgumentException("There is no such channel.", nameof(request)),
        },
        request.User.Type,
        request.User.Value,
        request.CustomMessage is null && request.SenderId is null ? null : new(request.CustomMessage, request.SenderId),
        request.CustomPhoneNumber,
        request.CustomEmail,
        request.EmailSubject is null ? null : new(request.EmailSubject),
        request.ApprovalData,
        request.ExpiresInMinutes,
        request.GenerateRequestId ? true : null,
        request.ClientAttributes);

    public override string ToString() => nameof(SendBody);
}

/// <summary>What is said about the SMS.</summary>
internal sealed record SmsBody(string? CustomMessage, string? SenderId)
{
    public override string ToString() => nameof(SmsBody);
}

/// <summary>What is said about the email.</summary>
internal sealed record EmailBody(string Subject);
