using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Twilio;

/// <summary>
/// Creates a Message (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message). Errors come as
/// <c>{"code":21211,"message":"…","more_info":"…","status":400}</c> (https://www.twilio.com/docs/usage/twilios-response#exceptions).
/// </summary>
internal sealed class TwilioSender(string name, ProviderSettings settings, ProviderHttp http) : IMessageSender
{
    private readonly string _host = ProviderAddress.Of(settings["host"] ?? "api.twilio.com");
    private readonly string _account = settings.Required("account_sid");
    private readonly string? _token = settings["auth_token"];
    private readonly string? _keySecret = settings["api_key_secret"];
    private readonly AuthenticationHeaderValue _credentials = Basic(
        settings["api_key_sid"] ?? settings.Required("account_sid"), settings["api_key_secret"] ?? settings.Required("auth_token"));

    public string Name => name;

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Sms;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        var content = handover.Content;
        var form = new Dictionary<string, string> { ["To"] = content.To, ["Body"] = content.Text };
        // Both may be set: From is then a sender of the service's pool (https://www.twilio.com/docs/api/errors/21603).
        if (settings["messaging_service_sid"] is { } service)
            form["MessagingServiceSid"] = service;
        if ((content.Sender ?? settings["from_number"]) is { } from)
            form["From"] = from;
        // A code must not come after its end (https://www.twilio.com/docs/api/errors/90007: 1 to 36,000 s).
        if (handover.Life is { } life)
            form["ValidityPeriod"] = Math.Clamp((int)life.TotalSeconds, 1, 36_000).ToString(CultureInfo.InvariantCulture);
        // Callbacks are signed with the auth token; without it nobody could tell whose they are.
        if (_token is not null && ProviderAddress.ReceiptUrl(handover, _host) is { } callback)
            form["StatusCallback"] = callback;

        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_host}/2010-04-01/Accounts/{Uri.EscapeDataString(_account)}/Messages.json");
        request.Headers.Authorization = _credentials;
        request.Content = new FormUrlEncodedContent(form);
        var answer = await http.AskAsync(request, cancellation);
        return answer.Fault ?? Read(answer, content);
    }

    private SendResult Read(ProviderAnswer answer, MessageContent content)
    {
        if (answer.Good)
        {
            return answer.Json.At("sid").Text() is { } sid
                ? new SendResult(SendOutcome.Accepted) { ProviderMessageId = Redaction.Id(sid, content) }
                : answer.Unreadable();
        }
        var code = answer.Json.At("code").Whole();
        var byStatus = answer.ByStatus();
        return (TwilioErrors.Of(code) ?? byStatus) with
        {
            ProviderCode = Redaction.Code(answer.Json.At("code").Text()) ?? byStatus.ProviderCode,
            ProviderText = Redaction.Of(answer.Json.At("message").Text(), content, _account, _token, settings["api_key_sid"], _keySecret),
            RetryAfter = answer.RetryAfter,
        };
    }

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
}
