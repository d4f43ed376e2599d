using System.Globalization;
using System.Text.Json.Nodes;

namespace Watchword.Server.Delivery.Providers.SalesforceMarketingCloud;

/// <summary>
/// The access token (https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/access-token-s2s.html), kept until shortly
/// before it expires. However many messages wait for one, it is asked for once; when that fails, it fails for all of them.
/// </summary>
internal sealed class MarketingCloudToken(ProviderSettings settings, ProviderHttp http, TimeProvider time)
{
    // Shorter than a whole try, so that a message which never left is not taken for one that perhaps arrived.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly string _base = ProviderAddress.Of(settings["auth_base_url"] ?? $"{settings.Required("subdomain")}.auth.marketingcloudapis.com");
    private readonly string _id = settings.Required("client_id");
    private readonly string _secret = settings.Required("client_secret");
    private readonly Lock _lock = new();
    private Task<Answer>? _current;

    /// <summary>A token, or why there is none.</summary>
    internal sealed record Answer(string? Token, SendResult Fault, DateTimeOffset GoodUntil)
    {
        /// <summary>Masked: it is a credential.</summary>
        public override string ToString() => "[token]";
    }

    /// <summary>The token that is good now, or why none is to be had.</summary>
    public Task<Answer> GetAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_current is null || (_current.IsCompleted && !IsGood(_current)))
                _current = AskAsync();
            return _current.WaitAsync(cancellation);
        }
    }

    /// <summary>Marketing Cloud did not accept this token; the next call gets another.</summary>
    public void Forget(Answer refused)
    {
        lock (_lock)
        {
            if (_current is { IsCompletedSuccessfully: true } && ReferenceEquals(_current.Result, refused))
                _current = null;
        }
    }

    private bool IsGood(Task<Answer> task) => task.IsCompletedSuccessfully && task.Result.Token is not null && time.GetUtcNow() < task.Result.GoodUntil;

    private async Task<Answer> AskAsync()
    {
        var body = new JsonObject { ["grant_type"] = "client_credentials", ["client_id"] = _id, ["client_secret"] = _secret };
        if (settings["account_id"] is { } account)
            body["account_id"] = long.Parse(account, CultureInfo.InvariantCulture);
        using var timeout = new CancellationTokenSource(Patience, time);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_base}/v2/token") { Content = ProviderHttp.Json(body) };
        var asked = time.GetUtcNow();
        ProviderAnswer answer;
        try
        {
            answer = await http.AskAsync(request, timeout.Token);
        }
        catch (OperationCanceledException)
        {
            return None(new(SendOutcome.TryLater, "Marketing Cloud did not hand out an access token in time."));
        }
        if (answer.Fault is { } lost)
            return None(new(SendOutcome.TryLater, lost.Reason));
        if (answer.Good && answer.Json.At("access_token").Text() is { Length: > 0 } token && token.All(c => c is > ' ' and <= '~'))
            return new(token, default, asked + TimeSpan.FromSeconds(answer.Json.At("expires_in").Whole() ?? 0) - Margin);
        return None(Refusal(answer));
    }

    private SendResult Refusal(ProviderAnswer answer)
    {
        var plain = answer.ByStatus();
        var error = answer.Json.At("error").Text();
        return plain with
        {
            // Whatever became of the request for a token, the message did not leave.
            Outcome = answer.Good || plain.Outcome == SendOutcome.Unknown ? SendOutcome.TryLater : plain.Outcome,
            Reason = error is "invalid_client" or "unauthorized_client" or "invalid_grant"
                ? "Marketing Cloud does not accept the client ID and secret; check them and the subdomain."
                : answer.Good ? "Marketing Cloud did not hand out an access token." : plain.Reason,
            ProviderCode = Redaction.Code(error) ?? plain.ProviderCode,
            ProviderText = Redaction.Of(answer.Json.At("error_description").Text(), _id, _secret),
        };
    }

    private static Answer None(SendResult fault) => new(Token: null, fault, DateTimeOffset.MinValue);
}
