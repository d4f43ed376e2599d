using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Webhooks;

/// <summary>A webhook while somebody fills in its form.</summary>
public sealed class WebhookDraft
{
    public string? Uri { get; set; }

    /// <summary>Written just now; what is kept never comes back.</summary>
    public string? ApiKey { get; set; }
    public HashSet<string> Events { get; } = new(StringComparer.Ordinal);
    public bool Enabled { get; set; } = true;

    /// <summary>Whether there is a key that stays unless one is written.</summary>
    public bool HasKey { get; init; }

    internal static WebhookDraft Of(Webhook webhook)
    {
        var draft = new WebhookDraft { Uri = webhook.Uri, Enabled = webhook.Enabled, HasKey = true };
        draft.Events.UnionWith(webhook.Events);
        return draft;
    }

    internal WebhookInput ToInput() =>
        new(string.IsNullOrWhiteSpace(Uri) ? HasKey ? "" : null : Uri.Trim(), string.IsNullOrWhiteSpace(ApiKey) ? null : ApiKey.Trim(), [.. Events], Enabled);
}
