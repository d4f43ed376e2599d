using System.Globalization;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>Who delivers messages: providers, routes, prices, and how they do.</summary>
public sealed class DeliveryApi
{
    private readonly Connection _connection;

    internal DeliveryApi(Connection connection) => _connection = connection;

    /// <summary>The settings, without secrets. Tried again.</summary>
    public async Task<DeliverySettings> GetAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Settings), cancellation)).Read(WatchwordJson.Default.ResultDeliverySettings).Content;

    /// <summary>
    /// Replaces the settings. A provider that comes with its id keeps the secrets that are not sent. Tried again.
    /// </summary>
    public async Task<DeliverySettings> ReplaceAsync(DeliverySettings settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return (await _connection.SendAsync(Call.Put(Settings, settings, WatchwordJson.Default.DeliverySettings), cancellation))
            .Read(WatchwordJson.Default.ResultDeliverySettings).Content;
    }

    /// <summary>The kinds of providers there are, with their fields. Tried again.</summary>
    public async Task<IReadOnlyList<ProviderKind>> GetKindsAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/v1/tenantsmsproviders/kinds")), cancellation))
            .Read(WatchwordJson.Default.ResultIReadOnlyListProviderKind).Content;

    /// <summary>
    /// Sends a test message to a number or address of your own and says what the provider answered. Tried again only when no connection was
    /// made: messages cost money.
    /// </summary>
    /// <param name="to">A phone number in international form, or an email address.</param>
    /// <param name="providerId">Who is to send it; as a code would go when null.</param>
    /// <param name="sender">A name or number to show.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<TestMessageResult> SendTestAsync(string to, string? providerId = null, string? sender = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(to);
        var call = Call.Post(
            Address.Of("/cis/v1/tenantsmsproviders/test"), new TestMessageBody(providerId, to, sender), WatchwordJson.Default.TestMessageBody, Repeat.IfNeverConnected);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultTestMessageResult).Content;
    }

    /// <summary>How providers do, over the last hours (1 to 720) and now. Tried again.</summary>
    public async Task<DeliveryHealth> GetHealthAsync(int hours = 24, CancellationToken cancellation = default)
    {
        var address = Address.Of("/cis/v1/tenantsmsproviders/health").With("hours", hours.ToString(CultureInfo.InvariantCulture));
        return (await _connection.SendAsync(Call.Get(address), cancellation)).Read(WatchwordJson.Default.DeliveryHealth);
    }

    private static Address Settings { get; } = Address.Of("/cis/v1/tenantsmsproviders");
}
