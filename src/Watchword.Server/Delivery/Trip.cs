using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>One message on its way along its legs: what is known of it, and what of that is not written yet.</summary>
internal sealed class Trip(OutboxMessage message)
{
    private readonly List<StatusChange> _unwritten = [];

    /// <summary>As claimed.</summary>
    public OutboxMessage Message { get; } = message;

    public DateTimeOffset LeaseEnd { get; private set; } = message.LeaseEnd;

    public int Tries { get; set; } = message.Tries;

    public int UnknownTries { get; set; } = message.UnknownTries;

    public string? Fault { get; set; }

    public ProviderCount? Count { get; set; }

    public void Note(StatusChange line) => _unwritten.Add(line);

    public OutboxChange Change(string status, DateTimeOffset now, DateTimeOffset nextTry) => new()
    {
        Message = Message with { LeaseEnd = LeaseEnd },
        Status = status,
        Now = now,
        NextTryAt = nextTry,
        Tries = Tries,
        UnknownTries = UnknownTries,
        History = [.. _unwritten],
        Count = Count,
    };

    public void Written(OutboxChange change)
    {
        LeaseEnd = change.NextTryAt;
        _unwritten.Clear();
        Count = null;
    }
}
