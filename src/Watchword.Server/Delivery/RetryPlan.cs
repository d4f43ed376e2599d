using Watchword.Core.Messages;

namespace Watchword.Server.Delivery;

/// <summary>What is done after a try.</summary>
internal enum NextStep
{
    /// <summary>A provider has it: never again.</summary>
    Sent,

    /// <summary>Nobody will bring it.</summary>
    Failed,

    /// <summary>It may have been taken twice already: no third copy is risked.</summary>
    GivenUp,

    /// <summary>To the next provider, at once.</summary>
    NextLeg,

    /// <summary>Back into the queue.</summary>
    Later,

    /// <summary>Its code will be dead before another try.</summary>
    Expired,
}

/// <summary>The rules of trying again: pure, so that they can be read and tested as a table.</summary>
internal static class RetryPlan
{
    /// <summary>
    /// A handover without a readable answer may have been taken. Such a message is tried again, since a code that does not arrive is worse
    /// than one that arrives twice, but only while there has been one: a message exists in at most two copies, with the same code in both.
    /// A receipt settles which of them was real.
    /// </summary>
    public const int MostUnknown = 2;

    /// <summary>How long a provider may take to answer. Longer, and the user has asked for another code.</summary>
    public static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeastLife = TimeSpan.FromSeconds(1);

    /// <summary>What follows an outcome.</summary>
    /// <param name="outcome">How the try ended.</param>
    /// <param name="unknownTries">Unknown tries of the message, this one included.</param>
    /// <param name="moreLegs">Whether another provider can be tried now.</param>
    /// <param name="life">How long the code lives yet.</param>
    public static NextStep After(SendOutcome outcome, int unknownTries, bool moreLegs, TimeSpan life) => outcome switch
    {
        SendOutcome.Accepted => NextStep.Sent,
        SendOutcome.Refused => NextStep.Failed,
        SendOutcome.Unknown when unknownTries >= MostUnknown => NextStep.GivenUp,
        _ when life < LeastLife => NextStep.Expired,
        _ => moreLegs ? NextStep.NextLeg : NextStep.Later,
    };

    /// <summary>
    /// 1, 2, 4 … 30 s, with up to a quarter more, so that what failed together is not tried together; and never past the middle of the life
    /// that is left, so that a last try is made while the code still works. Null: it is too late for another.
    /// </summary>
    /// <param name="tries">Tries begun.</param>
    /// <param name="life">How long the code lives yet.</param>
    /// <param name="chance">From 0 up to 1.</param>
    public static TimeSpan? Backoff(int tries, TimeSpan life, double chance)
    {
        if (life < LeastLife)
            return null;
        var wait = TimeSpan.FromSeconds(Math.Min(LongestBackoff.TotalSeconds, 1 << Math.Clamp(tries - 1, 0, 5))) * (1 + (chance / 4));
        return wait < life / 2 ? wait : life / 2;
    }

    /// <summary>
    /// When a message comes back that nobody had room for: when there is likely to be room, but not all at once, and not so late that an
    /// early opening is missed.
    /// </summary>
    public static TimeSpan? Patience(TimeSpan room, TimeSpan life, double chance)
    {
        if (life < LeastLife)
            return null;
        var wait = TimeSpan.FromSeconds(Math.Clamp(room.TotalSeconds, 0.25, 10)) * (1 + (chance / 4));
        return wait < life / 2 ? wait : life / 2;
    }

    /// <summary>The ways in the order of this try: the provider that failed last comes last.</summary>
    public static IReadOnlyList<Leg> Order(IReadOnlyList<Leg> legs, string? failedLast) =>
        failedLast is null || legs.Count < 2 || legs[0].Provider.ProviderId != failedLast
            ? legs
            : [.. legs.Where(l => l.Provider.ProviderId != failedLast), .. legs.Where(l => l.Provider.ProviderId == failedLast)];

    /// <summary>
    /// The sender to show: the caller's, or the route's. Where names are forbidden only a number is shown, otherwise the provider's own;
    /// the note says what was left out.
    /// </summary>
    public static (string? Sender, string? Note) SenderOf(string? asked, string? ofRoute, string region)
    {
        var sender = asked ?? ofRoute;
        if (sender is null || !SenderId.AlphanumericForbidden(region) || IsNumber(sender))
            return (sender, null);
        return (
            ofRoute is not null && IsNumber(ofRoute) ? ofRoute : null,
            $"{region} does not allow sender names; sent from {(ofRoute is not null && IsNumber(ofRoute) ? "the route's" : "the provider's")} number.");
    }

    private static bool IsNumber(string sender) => sender.All(c => char.IsAsciiDigit(c) || c == '+');
}
