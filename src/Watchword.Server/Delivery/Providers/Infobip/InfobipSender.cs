using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Infobip;

/// <summary>
/// Sends by <c>POST /sms/3/messages</c> (https://www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages). What was taken
/// and what was rejected both come as 200 with a status (https://www.infobip.com/docs/essentials/response-status-and-error-codes).
/// The message carries our id, so Infobip itself refuses to bring it twice.
/// </summary>
internal sealed class InfobipSender(string name, ProviderSettings settings, ProviderHttp http) : IMessageSender
{
    private readonly string _base = ProviderAddress.Of(settings.Required("base_url"));
    private readonly string _key = settings.Required("api_key");

    public string Name => name;

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Sms;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        var content = handover.Content;
        var message = new JsonObject
        {
            ["sender"] = content.Sender ?? settings.Required("sender"),
            ["destinations"] = new JsonArray(new JsonObject { ["to"] = content.To.TrimStart('+'), ["messageId"] = handover.MessageId }),
            ["content"] = new JsonObject { ["text"] = content.Text },
        };
        // A code must not come after its end.
        if (handover.Life is { } life)
        {
            message["options"] = new JsonObject
            {
                ["validityPeriod"] = new JsonObject { ["amount"] = Math.Max(1, (int)life.TotalSeconds), ["timeUnit"] = "SECONDS" },
            };
        }
        if (ProviderAddress.ReceiptUrl(handover, _base) is { } url)
        {
            message["webhooks"] = new JsonObject
            {
                ["delivery"] = new JsonObject { ["url"] = url },
                ["contentType"] = "application/json",
                ["callbackData"] = handover.MessageId,
            };
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_base}/sms/3/messages");
        request.Headers.Authorization = new AuthenticationHeaderValue("App", _key);
        request.Headers.Accept.ParseAdd("application/json");
        request.Content = ProviderHttp.Json(new JsonObject { ["messages"] = new JsonArray(message) });
        var answer = await http.AskAsync(request, cancellation);
        return answer.Fault ?? Read(answer, content);
    }

    private SendResult Read(ProviderAnswer answer, MessageContent content)
    {
        if (!answer.Good)
        {
            // Version 2 wraps its errors, version 3 does not.
            var wrapped = answer.Json.At("requestError").At("serviceException");
            var plain = answer.ByStatus();
            return plain with
            {
                ProviderCode = Redaction.Code(wrapped.At("messageId").Text() ?? answer.Json.At("errorCode").Text()) ?? plain.ProviderCode,
                ProviderText = Redaction.Of(wrapped.At("text").Text() ?? answer.Json.At("description").Text(), content, _key),
            };
        }
        var message = answer.Json.At("messages").First();
        var status = message.At("status");
        // Groups: 0 accepted, 1 pending, 3 delivered; 2 undeliverable, 4 expired, 5 rejected.
        switch (status.At("groupId").Whole())
        {
            case 0 or 1 or 3:
                return new SendResult(SendOutcome.Accepted) { ProviderMessageId = Redaction.Id(message.At("messageId").Text(), content) };
            case 2 or 4 or 5:
                var statusName = status.At("name").Text();
                return InfobipStatus.Fault(statusName) with
                {
                    ProviderCode = Redaction.Code(statusName),
                    ProviderText = Redaction.Of(status.At("description").Text(), content, _key),
                    RetryAfter = answer.RetryAfter,
                };
            default:
                return answer.Unreadable();
        }
    }
}
