using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Audit;
using Watchword.Core.Limits;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Events;
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
        SendOtpRequest request, Caller caller, Database database, Outbox outbox, WebhookDirectory webhooks, DirectCodes direct, MasterKey keys, Seal seal, TimeProvider time)
    {
        var app = caller.App;
        if (SendInput.Read(request, out var input) is { } fault)
            return fault;
        if (app.LoginPreferences.For(input.Channel) is not { } policy)
            return Refused(input.Channel, new(403, "auth_login_preferences_missing", $"Channel {input.Channel.Wire()} is not open for this application. An administrator opens it in its login preferences."));
        var now = time.GetUtcNow();
        if (input.Channel != OtpChannel.Direct && !input.NamesTestNumber(app, keys, now)
            && !await outbox.HasSenderForAsync(caller.TenantId, input.Channel))
            return Refused(input.Channel, new(400, "external_provider_configuration_error", $"No provider is configured for channel {input.Channel.Wire()}. An administrator of the tenant adds one, or switches one on, with PUT /cis/v1/tenantsmsproviders."));

        var requestId = request.GenerateRequestId == true ? OpaqueToken.RandomText() : null;
        var approval = request.ApprovalData is { } data ? seal.ApprovalData.Protect(data.GetRawText()) : null;
        ValueTask<Member?> FindAsync(SqlSession db) =>
            new UserStore(db).FindForLoginAsync(caller.TenantId, app.AppId, input.Identifier.Type, input.Identifier.Value);
        var drawn = Drawn.For(policy, now);
        Plan PlanFor(Member? member) => Plan.Make(input, caller, member, policy, drawn, request.ExpiresIn, requestId, approval, keys, seal, outbox, now);

        // A message must be sealed, and sealing may itself write, so its user is looked up before the write; a direct code needs no message,
        // and one write does all.
        ApiError? refusal;
        Plan? plan = null;
        var told = await webhooks.WantsAsync(caller.TenantId, AuditAction.OtpSent);
        if (input.Channel == OtpChannel.Direct)
        {
            refusal = await database.WriteAsync(async db => await StoreAsync(db, plan = PlanFor(await FindAsync(db)), caller, told, now));
        }
        else
        {
            plan = PlanFor(await database.ReadAsync(FindAsync));
            refusal = plan.Refusal ?? await database.WriteAsync(db => StoreAsync(db, plan, caller, told, now));
        }
        if (refusal is not null)
            return Refused(input.Channel, refusal);
        // A message is counted when it is taken from the queue.
        if (plan!.Message is not null)
            outbox.Ring();
        else if (!plan.Decoy)
            direct.Add(caller.TenantId, app.AppId, now);
        ApiTelemetry.Sent(input.Channel, plan.Message?.Test == true ? "test" : "sent");
        return TypedResults.Ok(new SendOtpResponse(
            "OTP sent", request.ApprovalData, input.Channel == OtpChannel.Direct ? plan.Passcode.Reveal() : null, requestId));
    }

    /// <summary>The one write: limits, code and message, or none of them.</summary>
    private static async ValueTask<ApiError?> StoreAsync(SqlSession db, Plan plan, Caller caller, bool told, DateTimeOffset now)
    {
        if (plan.Refusal is not null)
            return plan.Refusal;
        var (tenant, app) = (caller.TenantId, caller.App.AppId);
        var challenges = new ChallengeStore(db);
        if (plan.Limited
            && await LimitAsync(db, challenges, caller, plan.UserId, plan.Challenge.DestinationTag, now) is { } limited)
            return limited;
        if (!await challenges.PutUnlessLockedAsync(tenant, app, plan.UserId, plan.Challenge, now))
            return ApiErrors.Locked((await challenges.LockOfAsync(tenant, app, plan.UserId, now))?.Until, now);
        if (plan.Message is not null)
            await new OutboxStore(db).AddAsync(plan.Message);
        if (told)
            await new EventStore(db).AddAsync(Sent(plan, caller, now));
        return null;
    }

    /// <summary>A decoy's is written too, so that it costs the same, and told to nobody.</summary>
    private static AuditEvent Sent(Plan plan, Caller caller, DateTimeOffset now) => new()
    {
        TenantId = caller.TenantId,
        At = now,
        Action = AuditAction.OtpSent,
        Actor = caller.Author.Actor,
        AppId = caller.App.AppId,
        UserId = plan.UserId,
        Target = plan.Message?.MessageId ?? "",
        Outcome = plan.Decoy ? "suppressed" : AuditEvent.Ok,
        Detail = $$"""{"channel":"{{plan.Challenge.Channel.Wire()}}"}""",
    };

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
