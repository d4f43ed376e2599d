using Watchword.Core;
using Watchword.Core.Users;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What somebody searched the message log for by one line of text.</summary>
internal enum MessageSearch
{
    /// <summary>Nothing: the line is empty.</summary>
    None,

    /// <summary>A message, by its id.</summary>
    Message,

    /// <summary>A user, by id, whole phone number or email address.</summary>
    User,

    /// <summary>A number or an address that no user has.</summary>
    NobodyHasIt,

    /// <summary>It is neither an id, nor a whole phone number in international form, nor an email address.</summary>
    Unreadable,
}

/// <summary>A page of the message log.</summary>
/// <param name="Messages">Newest first; perhaps none, though there are more.</param>
/// <param name="NextBefore">From where to look on, as <see cref="MessageLogQuery.Before"/>; null: there are no more.</param>
/// <param name="LookedBackTo">How far back was looked; null: to the end.</param>
/// <param name="Search">What the line of text was taken for.</param>
/// <param name="UserId">The user that it means, if it means one.</param>
/// <param name="Currency">ISO 4217, of what messages cost.</param>
internal sealed record MessageLogPage(
    IReadOnlyList<LoggedMessage> Messages, string? NextBefore, DateTimeOffset? LookedBackTo, MessageSearch Search, string? UserId, string Currency);

/// <summary>What has happened since a page was read.</summary>
/// <param name="New">Messages that belong on top of it, newest first.</param>
/// <param name="Changed">Those of the page as they are now. One that is missing is gone, with its user or its time.</param>
internal sealed record MessageLogChanges(IReadOnlyList<LoggedMessage> New, IReadOnlyList<LoggedMessage> Changed);

/// <summary>The message log as administrators search it, and as it changes under their eyes.</summary>
internal sealed class MessageLog(Database database, MessageSignal signal)
{
    /// <summary>Messages on one page at most.</summary>
    public const int LongestPage = 500;

    private const int LongestText = 256;

    /// <summary>
    /// A message is on disk a moment after its id was made, so the newest on a page may have older sisters that came later.
    /// </summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A page, newest first. The text is a message's id, a user's id, a whole phone number or an email address; a user's messages are found by the
    /// user, also those to another number than the one that was typed.
    /// </summary>
    public Task<MessageLogPage> ReadAsync(string tenant, MessageLogQuery query, string? text = null, int limit = 50) => database.ReadAsync(async db =>
    {
        var store = new MessageLogStore(db);
        var currency = await new ProviderStore(db).CurrencyAsync(tenant);
        var line = text?.Trim() ?? "";
        if (line.Length > LongestText || line.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            return Of(new MessagePage([], null), MessageSearch.Unreadable, null);
        if (line.Length == 0)
            return Of(await store.ReadAsync(tenant, query, limit), MessageSearch.None, query.UserId);
        if (Ids.TimeOf(line) is not null && await store.FindAsync(tenant, line.ToLowerInvariant()) is { } message)
            return Of(new MessagePage([message], null), MessageSearch.Message, null);
        var (search, user) = await WhoAsync(db, tenant, line);
        return Of(user is null ? new MessagePage([], null) : await store.ReadAsync(tenant, query with { UserId = user }, limit), search, user);

        MessageLogPage Of(MessagePage page, MessageSearch search, string? user) =>
            new(page.Messages, page.NextBefore, page.NextBefore is { } next ? Ids.TimeOf(next) : null, search, user, currency);
    });

    /// <summary>One message, or null.</summary>
    public Task<LoggedMessage?> FindAsync(string tenant, string id) => database.ReadAsync(db => new MessageLogStore(db).FindAsync(tenant, id));

    /// <summary>
    /// What has changed since a page was read: a few rows by their keys, and the newest. It never looks further back than the page's top, whatever the
    /// filter, so it may be asked twice a second.
    /// </summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="query">The page's filter, a user that the text meant included.</param>
    /// <param name="shown">The ids on the page.</param>
    /// <param name="readAt">When the page was read, for one that is empty.</param>
    /// <param name="top">Whether the page is the first, on which new messages appear.</param>
    public Task<MessageLogChanges> ChangesAsync(string tenant, MessageLogQuery query, IReadOnlyCollection<string> shown, DateTimeOffset readAt, bool top = true) => database.ReadAsync(async db =>
    {
        var store = new MessageLogStore(db);
        var changed = await store.FindAsync(tenant, shown);
        if (!top)
            return new MessageLogChanges([], changed);
        var since = (shown.Max(StringComparer.Ordinal) is { } newest ? Ids.TimeOf(newest) : null) ?? readAt;
        var found = await store.ReadAsync(tenant, query with { Before = null, Since = query.Since > since - Slack ? query.Since : since - Slack }, LongestPage);
        return new MessageLogChanges([.. found.Messages.Where(m => !shown.Contains(m.MessageId))], changed);
    });

    /// <summary>Watches for changes; dispose it with the page.</summary>
    public MessageWatch Watch(string tenant) => signal.Watch(tenant);

    private static async ValueTask<(MessageSearch Search, string? UserId)> WhoAsync(SqlSession db, string tenant, string line)
    {
        var (type, value) = EmailAddress.TryParse(line, out var address) ? (IdentifierType.Email, address.Value)
            : PhoneNumber.TryParse(line, out var number) ? (IdentifierType.PhoneNumber, number.E164)
            : (IdentifierType.UserId, line);
        if (await new UserStore(db).FindAsync(tenant, null, type, value) is { } member)
            return (MessageSearch.User, member.User.UserId);
        if (type != IdentifierType.UserId)
            return (MessageSearch.NobodyHasIt, null);
        // Of a user who is gone, or never was, there may be messages still.
        return Ids.TimeOf(line) is not null || line.StartsWith(ChallengeStore.DecoyPrefix, StringComparison.Ordinal) ? (MessageSearch.User, line) : (MessageSearch.Unreadable, null);
    }
}
