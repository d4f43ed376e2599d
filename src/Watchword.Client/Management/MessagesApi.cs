using System.Runtime.CompilerServices;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>What became of the tenant's messages.</summary>
public sealed class MessagesApi
{
    private readonly Connection _connection;

    internal MessagesApi(Connection connection) => _connection = connection;

    /// <summary>All that the query finds, newest first, fetched page by page as you go. Each page is tried again.</summary>
    public async IAsyncEnumerable<Message> ListAsync(MessageQuery? query = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        string? token = null;
        do
        {
            var call = Call.Get((query ?? new MessageQuery()).Page(token));
            var page = (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.MessagePageBody);
            foreach (var message in page.Result)
                yield return message;
            token = page.NextPageToken;
        }
        while (token is not null);
    }

    /// <summary>One of them, or null. Tried again.</summary>
    public async Task<Message?> GetAsync(string messageId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/v1/messages/{id}", messageId)), cancellation)).Find(WatchwordJson.Default.ResultMessage)?.Content;
}
