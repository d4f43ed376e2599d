using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Watchword.Core.Audit;

namespace Watchword.Server.Events;

/// <summary>What is posted to a webhook. Where an event came from (addresses, browsers) is personal and stays out.</summary>
internal static class WebhookPayload
{
    /// <summary>JSON of an event under this id.</summary>
    public static string Of(string id, AuditEvent happened)
    {
        var data = new JsonObject();
        Add(data, "app_id", happened.AppId);
        Add(data, "user_id", happened.UserId);
        Add(data, WebhookEvents.TargetName(happened.Action), happened.Target);
        Add(data, "outcome", happened.Outcome);
        Add(data, "actor", happened.Actor);
        if (JsonNode.Parse(happened.Detail) is JsonObject { Count: > 0 } detail)
            data["detail"] = detail;
        return new JsonObject
        {
            ["id"] = id,
            ["type"] = happened.Action,
            ["created_at"] = happened.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            ["tenant_id"] = happened.TenantId,
            ["data"] = data,
        }.ToJsonString(JsonSerializerOptions.Default);
    }

    private static void Add(JsonObject data, string name, string value)
    {
        if (value.Length > 0)
            data[name] = value;
    }
}
