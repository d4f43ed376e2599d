using System.Security.Cryptography;
using System.Text;
using Watchword.Core;
using Watchword.Core.Apps;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Otp;

/// <summary>What of a send is chance. Drawn before the write, so that the one writer does not wait for random numbers.</summary>
internal readonly record struct Drawn(Passcode Passcode, string ChallengeId)
{
    public static Drawn For(OtpPolicy policy, DateTimeOffset now) => new(Passcode.Generate(policy.CodeLength), Ids.New(now));
}

/// <summary>What a send will write, decided before anything is written; or why it will not.</summary>
/// <param name="Refusal">Why nothing is written.</param>
/// <param name="UserId">Whose code it is; a decoy's where there is no such user.</param>
/// <param name="Passcode">The code.</param>
/// <param name="Challenge">The code as it is kept.</param>
/// <param name="Message">The message that carries it; null on channel <c>direct</c>.</param>
/// <param name="Limited">Whether it counts against the send limits.</param>
internal sealed record Plan(ApiError? Refusal, string UserId, Passcode Passcode, Challenge Challenge, OutboxMessage? Message, bool Limited)
{
    /// <summary>Nobody is there, and the caller is not to know.</summary>
    public bool Decoy { get; init; }

    public static Plan Make(
        in SendInput input, Caller caller, Member? member, OtpPolicy policy, in Drawn drawn, int? expiresIn, string? requestId, string? approval,
        MasterKey keys, Seal seal, Outbox outbox, DateTimeOffset now)
    {
        var app = caller.App;
        var destination = DestinationOf(member?.User, input, out var refusal);
        var decoy = destination is null;
        if (decoy && !app.Settings.ConcealUnknownUsers)
            return new Plan(refusal, "", default, null!, null, Limited: false);

        // A decoy goes through the same motions; its code is thrown away and its message is recorded but never sent.
        destination ??= input.Custom ?? new OtpDestination(input.Identifier.Value, "", "ZZ", Custom: false);
        // As in authenticate: who is there but has no number or address counts, and is locked, under their own name.
        var userId = member is { User.Status: not UserStatus.Disabled } ? member.User.UserId : input.Identifier.DecoyUserId(keys, caller.TenantId, app.AppId);
        var test = input.Channel == OtpChannel.Sms ? TestNumbers.Find(app, destination.Address, keys, now) : null;
        var passcode = test is null ? drawn.Passcode : TestNumbers.Open(test, seal).Code;
        var tag = destination.Tag(keys, caller.TenantId, input.Channel);
        // Tokens say what was done, and a fixed code is no SMS.
        var method = test is null ? input.Channel : OtpChannel.Test;
        var binding = new ChallengeBinding(caller.TenantId, app.AppId, userId, method, tag, drawn.ChallengeId);
        var challenge = new Challenge(
            drawn.ChallengeId,
            caller.Client.ClientId,
            method,
            tag,
            // A fixed code went nowhere, so it proves the user's number no more than one that went elsewhere.
            destination.Custom || test is not null,
            decoy ? RandomNumberGenerator.GetBytes(32) : binding.Hash(keys.CodeKey, passcode.Reveal()),
            requestId is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(requestId)),
            now.AddMinutes(Math.Min(expiresIn ?? policy.ExpiresIn, policy.ExpiresIn)),
            approval)
        {
            Region = destination.Region,
        };
        if (input.Channel == OtpChannel.Direct)
            return new Plan(null, userId, passcode, challenge, Message: null, Limited: false) { Decoy = decoy };
        var message = Record(input, destination, challenge, caller, userId, now) with { Suppressed = decoy, Test = test is not null };
        if (test is null)
            message = Compose(message, input, app, member?.User.Profile.Language, passcode, destination, outbox);
        // Where unknown users are concealed, being free of limits must not tell that a user name has a test number behind it.
        var free = test is not null && (!app.Settings.ConcealUnknownUsers || input.NamesTestNumber(app, keys, now));
        return new Plan(null, userId, passcode, challenge, message, Limited: !free) { Decoy = decoy };
    }

    /// <summary>Where this user's code goes; null, with the reason, when it goes nowhere.</summary>
    private static OtpDestination? DestinationOf(User? user, in SendInput input, out ApiError? refusal)
    {
        refusal = user switch
        {
            null => ApiErrors.UserNotFound,
            { Status: UserStatus.Disabled } => ApiErrors.UserNotActive,
            _ => null,
        };
        if (refusal is not null)
            return null;
        if (input.Channel == OtpChannel.Direct)
            return OtpDestination.None;
        if (input.Custom is not null)
            return input.Custom;
        if (input.Channel == OtpChannel.Sms && PhoneNumber.TryParse(user!.PhoneNumber, out var number))
            return OtpDestination.To(number, custom: false);
        if (input.Channel == OtpChannel.Email && EmailAddress.TryParse(user!.Email, out var address))
            return OtpDestination.To(address, custom: false);
        refusal = input.Channel == OtpChannel.Sms
            ? new(404, "user_phone_number_missing", "The user has no phone number.")
            : new(404, "user_email_address_missing", "The user has no email address.");
        return null;
    }

    private static OutboxMessage Record(
        in SendInput input, OtpDestination destination, Challenge challenge, Caller caller, string userId, DateTimeOffset now) => new()
    {
        TenantId = caller.TenantId,
        MessageId = challenge.ChallengeId,
        AppId = caller.App.AppId,
        UserId = userId,
        Channel = input.Channel,
        Body = "",
        MaskedDestination = destination.Masked,
        Region = destination.Region,
        Segments = 0,
        CreatedAt = now,
        ExpiresAt = challenge.ExpiresAt,
    };

    /// <summary>The message with its text, which is counted as it will be sent, and sealed.</summary>
    private static OutboxMessage Compose(
        OutboxMessage message, in SendInput input, Application app, string? language, Passcode passcode, OtpDestination destination, Outbox outbox)
    {
        var code = passcode.Reveal();
        var template = input.Template ?? MessageTexts.For(language, app.Settings.Texts);
        var text = MessageTemplate.Compose(template, app.Name, code, input.Channel == OtpChannel.Sms ? app.Settings.AutofillDomain : null);
        var subject = input.Subject ?? MessageTemplate.Render(MessageTexts.SubjectFor(language), app.Name, code);
        var forbidden = input.SenderId is null ? null : SenderId.WhyForbidden(destination.Region);
        return message with
        {
            Body = outbox.SealBody(
                message.TenantId, message.MessageId, new MessageContent(destination.Address, forbidden is null ? input.SenderId : null, text, subject)),
            SenderNote = forbidden is null ? null : $"{destination.Region} does not allow sender names: it {forbidden}. Sent from the provider's number.",
            Segments = SmsSegments.Of(text).Count,
        };
    }
}
