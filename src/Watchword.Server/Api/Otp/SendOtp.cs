using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core;
using Watchword.Core.Limits;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Otp;

/// <summary>What is said about the SMS.</summary>
/// <param name="CustomMessage">Text with <c>{app}</c> and <c>{otp}</c>, at most 140 characters.</param>
/// <param name="SenderId">Sender to show, at most 11 letters and digits.</param>
internal sealed record CustomSmsInput(string? CustomMessage, string? SenderId);

/// <summary>What is said about the email.</summary>
internal sealed record EmailContent(string? Subject);

/// <summary>What the backend knows of its end user.</summary>
internal sealed record ClientAttributes(string? UserAgent, string? IpAddress);

/// <summary>A request to send a code.</summary>
internal sealed record SendOtpRequest(
    string? Channel,
    string? IdentifierType,
    string? Identifier,
    CustomSmsInput? CustomSmsInput,
    string? CustomMessage,
    string? SenderId,
    string? CustomPhoneNumber,
    string? CustomEmail,
    EmailContent? EmailContent,
    JsonElement? ApprovalData,
    int? ExpiresIn,
    bool? GenerateRequestId,
    ClientAttributes? ClientAttributes);

/// <summary>The code and its message are on disk.</summary>
/// <param name="Message">Always <c>OTP sent</c>.</param>
/// <param name="ApprovalData">As it was sent.</param>
/// <param name="Code">The code, on channel <c>direct</c> only.</param>
/// <param name="RequestId">To be brought back by authenticate, where asked for.</param>
internal sealed record SendOtpResponse(string Message, JsonElement? ApprovalData, string? Code, string? RequestId);

/// <summary><c>POST /cis/v1/auth/otp/send</c>: makes a code and, in the same write, the message that carries it.</summary>
internal static class SendOtp
{
    public static async Task<Results<Ok<SendOtpResponse>, ApiError>> HandleAsync(
        SendOtpRequest request, Caller caller, Database database, Outbox outbox, MasterKey keys, Seal seal, TimeProvider time)
    {
        var app = caller.App;
        if (SendInput.Read(request, out var input) is { } fault)
            return fault;
        if (app.LoginPreferences.For(input.Channel) is not { } policy)
            return Refused(input.Channel, new(403, "auth_login_preferences_missing", $"Channel {input.Channel.Wire()} is not open for this application. An administrator opens it in its login preferences."));
        if (input.Channel != OtpChannel.Direct && !outbox.HasSenderFor(input.Channel))
            return Refused(input.Channel, new(400, "external_provider_configuration_error", $"No provider is configured for channel {input.Channel.Wire()}."));

        var member = await database.ReadAsync(db => new UserStore(db).FindForLoginAsync(caller.TenantId, app.AppId, input.Identifier.Type, input.Identifier.Value));
        var destination = DestinationOf(member?.User, input, out var refusal);
        var decoy = destination is null;
        if (decoy && !app.Settings.ConcealUnknownUsers)
            return Refused(input.Channel, refusal!);

        var now = time.GetUtcNow();
        var passcode = Passcode.Generate(policy.CodeLength);
        // A decoy goes through the same motions; its own code is thrown away.
        destination ??= input.Custom ?? new OtpDestination(input.Identifier.Value, "", "ZZ", Custom: false);
        var userId = decoy ? input.Identifier.DecoyUserId(keys, caller.TenantId, app.AppId) : member!.User.UserId;
        var tag = destination.Tag(keys, caller.TenantId, input.Channel);
        var requestId = request.GenerateRequestId == true ? OpaqueToken.RandomText() : null;
        var challengeId = Ids.New(now);
        var binding = new ChallengeBinding(caller.TenantId, app.AppId, userId, input.Channel, tag, challengeId);
        var challenge = new Challenge(
            challengeId, caller.Client.ClientId, input.Channel, tag, destination.Custom,
            decoy ? RandomNumberGenerator.GetBytes(32) : binding.Hash(keys.CodeKey, passcode.Reveal()),
            requestId is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(requestId)),
            now.AddMinutes(Math.Min(request.ExpiresIn ?? policy.ExpiresIn, policy.ExpiresIn)),
            request.ApprovalData is { } data ? seal.ApprovalData.Protect(data.GetRawText()) : null);
        var message = input.Channel == OtpChannel.Direct ? null : Compose(input, app.Name, passcode, destination, challenge, caller, userId, outbox, now);

        var outcome = await database.WriteAsync(async db =>
        {
            var challenges = new ChallengeStore(db);
            if (message is not null && await LimitAsync(db, challenges, caller, userId, tag, now) is { } limited)
                return limited;
            if (!await challenges.PutUnlessLockedAsync(caller.TenantId, app.AppId, userId, challenge, now))
                return ApiErrors.Locked((await challenges.LockOfAsync(caller.TenantId, app.AppId, userId, now))?.Until, now);
            if (message is not null && !decoy)
                await new OutboxStore(db).AddAsync(message);
            return null;
        });
        if (outcome is not null)
            return Refused(input.Channel, outcome);
        if (message is not null)
            outbox.Ring();
        ApiTelemetry.Sent(input.Channel, "sent");
        return TypedResults.Ok(new SendOtpResponse(
            "OTP sent", request.ApprovalData, input.Channel == OtpChannel.Direct ? passcode.Reveal() : null, requestId));
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

    /// <summary>Counts this message against the limits of its destination, unless it would break one. A lock is told first.</summary>
    private static async ValueTask<ApiError?> LimitAsync(
        SqlSession db, ChallengeStore challenges, Caller caller, string userId, string tag, DateTimeOffset now)
    {
        if (await challenges.LockOfAsync(caller.TenantId, caller.App.AppId, userId, now) is { } locked)
            return ApiErrors.Locked(locked.Until, now);
        var sends = new SendStore(db);
        var earlier = await sends.LockAndReadAsync(caller.TenantId, caller.App.AppId, tag, now);
        var decision = caller.App.Settings.SendLimits.Judge(earlier, now.Ms());
        if (!decision.Allowed)
        {
            return new ApiError(429, "auth_otp_send_limited", $"Too many codes for this destination. Try again in {decision.RetryAfter} s.")
            {
                RetryAfter = decision.RetryAfter,
            };
        }
        await sends.ReplaceAsync(caller.TenantId, caller.App.AppId, tag, SendLimits.Keep([.. earlier, now.Ms()], now.Ms()));
        return null;
    }

    private static ApiError Refused(OtpChannel channel, ApiError error)
    {
        ApiTelemetry.Sent(channel, error.Code);
        return error;
    }
}
