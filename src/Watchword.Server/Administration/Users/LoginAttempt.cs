using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>A login, or one that was refused.</summary>
/// <param name="At">When.</param>
/// <param name="AppId">To which application.</param>
/// <param name="Succeeded">Whether the user was let in.</param>
/// <param name="Outcome">The code that the backend got; <c>ok</c> for a success.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="Channel">By which method, where it succeeded.</param>
/// <param name="Origin">From where, as the backend told it; null: it did not, or it has been erased.</param>
internal sealed record LoginAttempt(DateTimeOffset At, string AppId, bool Succeeded, string Outcome, string Sentence, OtpChannel? Channel, Origin? Origin)
{
    /// <summary>What is told of a login.</summary>
    public static IReadOnlyList<string> Actions { get; } = [AuditAction.UserLoggedIn, AuditAction.OtpFailed];

    public static LoginAttempt Of(AuditEvent entry)
    {
        var succeeded = entry.Action == AuditAction.UserLoggedIn;
        return new(entry.At, entry.AppId, succeeded, entry.Outcome, succeeded ? "Logged in." : WhyRefused(entry.Outcome), ChannelIn(entry.Detail), OriginIn(entry.Origin));
    }

    /// <summary>Why a login was refused, for people.</summary>
    public static string WhyRefused(string outcome) => outcome switch
    {
        "auth_invalid_credentials" => "The code was wrong, had been used before, or had been replaced by a newer one.",
        "auth_otp_passcode_expired" => "The code was right, but came too late.",
        "auth_locked" => "The user was locked out after too many wrong codes; not even the right one counted.",
        "user_not_active" => "The user was disabled.",
        "session_not_found" => "The code was right, but the session that the login was to add to had ended or was another's.",
        _ => $"Refused: {outcome}.",
    };

    private static OtpChannel? ChannelIn(string detail) =>
        JsonElement.Parse(detail).TryGetProperty("method", out var method) && method.ValueKind == JsonValueKind.String ? OtpChannelNames.FromWire(method.GetString()!) : null;

    private static Origin? OriginIn(string? origin) => origin is null ? null : StoredJson.Read<Origin>(origin);
}
