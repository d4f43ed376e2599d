using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Retention;
using Watchword.Server.Administration;

namespace Watchword.Server.Api.Management;

/// <summary>How many days the tenant keeps what is over.</summary>
/// <param name="MessageDays">Messages in the log, since they were taken in: 1 to 3650.</param>
/// <param name="ChallengeDays">Codes that can no longer be used, since they expired: 1 to 3650.</param>
/// <param name="SessionDays">Sessions, since they ended: 1 to 3650.</param>
/// <param name="AuditDays">The audit log: 30 to 3650, or 0 to keep it for ever.</param>
internal sealed record RetentionJson(int? MessageDays, int? ChallengeDays, int? SessionDays, int? AuditDays)
{
    public static RetentionJson Of(RetentionPolicy policy) => new(policy.MessageDays, policy.ChallengeDays, policy.SessionDays, policy.AuditDays);

    /// <summary>What is absent stays.</summary>
    public RetentionPolicy Change(RetentionPolicy current) =>
        new(MessageDays ?? current.MessageDays, ChallengeDays ?? current.ChallengeDays, SessionDays ?? current.SessionDays, AuditDays ?? current.AuditDays);
}

/// <summary><c>/cis/v1/retention</c>: how long the tenant keeps things.</summary>
internal static class RetentionSettings
{
    public static async Task<Ok<Result<RetentionJson>>> ReadAsync(Caller caller, RetentionAdministration administration) =>
        TypedResults.Ok(new Result<RetentionJson>(RetentionJson.Of(await administration.ReadAsync(caller.TenantId))));

    public static async Task<Results<Ok<Result<RetentionJson>>, ApiError>> ChangeAsync(RetentionJson request, Caller caller, RetentionAdministration administration) =>
        await administration.ChangeAsync(caller.Author, request.Change) switch
        {
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            var done => TypedResults.Ok(new Result<RetentionJson>(RetentionJson.Of(done.Value!))),
        };
}
