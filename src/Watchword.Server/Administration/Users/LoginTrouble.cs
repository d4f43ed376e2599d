using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>Why a user cannot log in, or could not the last time.</summary>
/// <param name="Sentence">For the administrator whom the user has on the phone.</param>
/// <param name="At">Of what happened; null: it is so now.</param>
internal sealed record LoginTrouble(string Sentence, DateTimeOffset? At)
{
    /// <summary>What stands in the way first; null: nothing does.</summary>
    public static LoginTrouble? Of(
        User user, IReadOnlyList<UserPlaceState> places, IReadOnlyList<LoginAttempt> newestFirst, IReadOnlyList<LoggedMessage> messagesNewestFirst, DateTimeOffset now)
    {
        if (user.Status == UserStatus.Disabled)
            return new("The user is disabled: no code is sent and none is accepted.", At: null);
        if (places.Count == 0)
            return new("The user is in no application, so there is none to log in to.", At: null);
        if (places.FirstOrDefault(p => p.Lock is not null) is { } place)
            return new(Locked(place, now), At: null);
        var attempt = newestFirst.Count > 0 ? newestFirst[0] : null;
        if (attempt is { Succeeded: false })
            return new(attempt.Sentence, attempt.At);
        var message = messagesNewestFirst.Count > 0 ? messagesNewestFirst[0] : null;
        return message is null || message.CreatedAt.At() <= attempt?.At ? null : WhyNotThere(message) is { } sentence ? new(sentence, message.StatusAt.At()) : null;
    }

    private static string Locked(UserPlaceState place, DateTimeOffset now) => place.Lock!.Until is { } until
        ? $"Locked out of {place.AppName} after {Codes(place.ConsecutiveFailures)}, for another {Minutes(until - now)}."
        : $"Locked out of {place.AppName} after {Codes(place.ConsecutiveFailures)}: it does not end by itself, only when you unlock the user.";

    private static string Codes(long count) => count == 1 ? "a wrong code" : $"{count} wrong codes in a row";

    private static string Minutes(TimeSpan left) => (long)Math.Ceiling(left.TotalMinutes) is > 1 and var minutes ? $"{minutes} minutes" : "minute";

    private static string? WhyNotThere(LoggedMessage message)
    {
        var reason = message.Fault is { Length: > 0 } fault ? ": " + fault.TrimEnd('.') : "";
        return message.Status switch
        {
            "failed" => $"The last code was not sent{reason}.",
            "undelivered" => $"The last code did not reach the phone{reason}.",
            "expired" => $"The last code expired before a provider took it{reason}.",
            "queued" or "sending" => "The last code is still on its way to a provider.",
            _ => null,
        };
    }
}
