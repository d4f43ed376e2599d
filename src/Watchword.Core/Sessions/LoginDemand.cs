namespace Watchword.Core.Sessions;

/// <summary>What a login has to have been like for its session to go on (RFC 9470 §4).</summary>
/// <param name="MaxAge">How long ago, at most, the latest login in it may be, seconds; null: any time.</param>
/// <param name="AcrValues">Classes of which it must have reached one; empty: any.</param>
public sealed record LoginDemand(int? MaxAge, IReadOnlyList<string> AcrValues)
{
    /// <summary>The longest age that may be asked for: ten years, seconds.</summary>
    public const int LongestAge = 10 * 365 * 86400;

    public static LoginDemand None { get; } = new(null, []);

    /// <summary>Reads the two parameters as a caller wrote them, collecting every fault. <c>acr_values</c> has spaces between its classes.</summary>
    public static LoginDemand Read(long? maxAge, string? acrValues, List<string> faults)
    {
        if (maxAge is < 0 or > LongestAge)
            faults.Add($"max_age must be 0 to {LongestAge} seconds.");
        string[] classes = [.. (acrValues ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct()];
        if (!classes.All(c => c is AuthenticationContext.SingleMethod or AuthenticationContext.TwoMethods))
            faults.Add($"acr_values must hold {AuthenticationContext.SingleMethod} or {AuthenticationContext.TwoMethods}, with a space between two.");
        return faults.Count > 0 || (maxAge is null && classes.Length == 0) ? None : new((int?)maxAge, classes);
    }

    /// <summary>Whether the latest login is too long ago.</summary>
    public bool IsTooOld(Session session, DateTimeOffset now) => MaxAge is { } seconds && now - session.AuthTime > TimeSpan.FromSeconds(seconds);

    /// <summary>Whether fewer methods were used than are asked for. Two methods are also one.</summary>
    public bool IsTooWeak(Session session) =>
        AcrValues.Count > 0 && !AcrValues.Contains(AuthenticationContext.SingleMethod) && AuthenticationContext.Acr(session.Methods) != AuthenticationContext.TwoMethods;
}
