using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>A lock that holds now.</summary>
/// <param name="Until">When it ends by itself; null: only an administrator ends it.</param>
internal sealed record HeldLock(DateTimeOffset? Until);

/// <summary>A user's place in an application.</summary>
/// <param name="AppId">Which.</param>
/// <param name="AppName">What it is called.</param>
/// <param name="Username">The user's name there.</param>
/// <param name="ExternalUserId">What the application calls the user.</param>
/// <param name="JoinedAt">Since when.</param>
/// <param name="Failures">Wrong codes since the last login or lock.</param>
/// <param name="ConsecutiveFailures">Wrong codes since the last login, over all locks.</param>
/// <param name="Lock">The lock that holds now; null: none.</param>
/// <param name="LastLogin">Null: none yet.</param>
internal sealed record UserPlaceState(
    string AppId, string AppName, string? Username, string? ExternalUserId, DateTimeOffset JoinedAt, long Failures, long ConsecutiveFailures, HeldLock? Lock,
    DateTimeOffset? LastLogin)
{
    public static UserPlaceState Of(UserPlace place, DateTimeOffset now)
    {
        var held = place.ConsecutiveFailures >= Lockout.ConsecutiveFailuresAllowed ? new HeldLock(Until: null)
            : place.LockedUntil.At() is { } until && until > now ? new HeldLock(until)
            : null;
        return new(
            place.AppId, place.AppName, place.Username, place.ExternalUserId, place.CreatedAt.At(), place.Failures ?? 0, place.ConsecutiveFailures ?? 0, held, place.LastAuth.At());
    }
}
