using System.Security.Cryptography;
using System.Text;
using Watchword.Core;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Otp;

/// <summary>What a send will write, decided before anything is written; or why it will not.</summary>
internal sealed record Plan(ApiError? Refusal, string UserId, Passcode Passcode, Challenge Challenge, OutboxMessage? Message)
{
    public static Plan Make(
        in SendInput input, Caller caller, Member? member, OtpPolicy policy, int? expiresIn, string? requestId, string? approval,
        MasterKey keys, Outbox outbox, DateTimeOffset now)
    {
        var app = caller.App;
        var destination = DestinationOf(member?.User, input, out var refusal);
        var decoy = destination is null;
        if (decoy && !app.Settings.ConcealUnknownUsers)
            return new Plan(refusal, "", default, null!, null);

        // A decoy goes through the same motions; its code is thrown away and its message is recorded but never sent.
        destination ??= input.Custom ?? new OtpDestination(input.Identifier.Value, "", "ZZ", Custom: false);
        // As in authenticate: who is there but has no number or address counts, and is locked, under their own name.
        var userId = member is { User.Status: not UserStatus.Disabled } ? member.User.UserId : input.Identifier.DecoyUserId(keys, caller.TenantId, app.AppId);
        var passcode = Passcode.Generate(policy.CodeLength);
        var tag = destination.Tag(keys, caller.TenantId, input.Channel);
        var challengeId = Ids.New(now);
        var binding = new ChallengeBinding(caller.TenantId, app.AppId, userId, input.Channel, tag, challengeId);
        var challenge = new Challenge(
            challengeId,
            caller.Client.ClientId,
            input.Channel,
            tag,
            destination.Custom,
            decoy ? RandomNumberGenerator.GetBytes(32) : binding.Hash(keys.CodeKey, passcode.Reveal()),
            requestId is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(requestId)),
            now.AddMinutes(Math.Min(expiresIn ?? policy.ExpiresIn, policy.ExpiresIn)),
            approval);
        var message = input.Channel == OtpChannel.Direct ? null : Compose(input, app.Name, passcode, destination, challenge, caller, userId, outbox, now);
        return new Plan(null, userId, passcode, challenge, message is null ? null : message with { Suppressed = decoy });
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

    private static OutboxMessage Compose(
        in SendInput input, string appName, Passcode passcode, OtpDestination destination, Challenge challenge, Caller caller, string userId, Outbox outbox, DateTimeOffset now)
    {
        var text = MessageTemplate.Render(input.Template ?? MessageTemplate.Default, appName, passcode.Reveal());
        var forbidden = input.SenderId is not null && SenderId.AlphanumericForbidden(destination.Region);
        return new OutboxMessage
        {
            TenantId = caller.TenantId,
            MessageId = challenge.ChallengeId,
            AppId = caller.App.AppId,
            UserId = userId,
            Channel = input.Channel,
            Body = outbox.SealBody(new MessageContent(destination.Address, forbidden ? null : input.SenderId, text, input.Subject ?? $"Your code for {appName}")),
            MaskedDestination = destination.Masked,
            Region = destination.Region,
            SenderNote = forbidden ? $"{destination.Region} does not allow sender names; sent from the provider's number." : null,
            Segments = SmsSegments.Of(text).Count,
            CreatedAt = now,
            ExpiresAt = challenge.ExpiresAt,
        };
    }
}
