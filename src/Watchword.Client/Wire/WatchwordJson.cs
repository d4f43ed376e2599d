using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Watchword.Client.Management;
using Watchword.Client.Otp;
using Watchword.Client.Sessions;
using Watchword.Client.Tokens;
using Watchword.Client.Users;

namespace Watchword.Client.Wire;

/// <summary>An answer whose content stands under <c>result</c>.</summary>
internal sealed record Result<T>([property: JsonPropertyName("result")] T Content);

/// <summary>How everything is written, made when this is compiled: no reflection, so it can be trimmed and compiled ahead of time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(ClientToken))]
[JsonSerializable(typeof(SendBody))]
[JsonSerializable(typeof(SentBody))]
[JsonSerializable(typeof(AuthenticateBody))]
[JsonSerializable(typeof(UserTokens))]
[JsonSerializable(typeof(RefreshBody))]
[JsonSerializable(typeof(ResumeBody))]
[JsonSerializable(typeof(SessionBody))]
[JsonSerializable(typeof(IReadOnlyList<Session>))]
[JsonSerializable(typeof(NewUser))]
[JsonSerializable(typeof(Result<User>))]
[JsonSerializable(typeof(UserPageBody))]
[JsonSerializable(typeof(Result<UserCountBody>))]
[JsonSerializable(typeof(Introspection))]
[JsonSerializable(typeof(UserInfo))]
[JsonSerializable(typeof(ServerMetadata))]
[JsonSerializable(typeof(KeySetBody))]
[JsonSerializable(typeof(NewApplication))]
[JsonSerializable(typeof(ApplicationUpdate))]
[JsonSerializable(typeof(Result<CreatedApplication>))]
[JsonSerializable(typeof(Result<Application>))]
[JsonSerializable(typeof(Result<IReadOnlyList<Application>>))]
[JsonSerializable(typeof(ClientChange))]
[JsonSerializable(typeof(RotateBody))]
[JsonSerializable(typeof(Result<ClientWithSecret>))]
[JsonSerializable(typeof(Result<ApplicationClient>))]
[JsonSerializable(typeof(Result<IReadOnlyList<ApplicationClient>>))]
[JsonSerializable(typeof(LoginPreferences))]
[JsonSerializable(typeof(Result<LoginPreferencesBody>))]
[JsonSerializable(typeof(DeliverySettings))]
[JsonSerializable(typeof(Result<DeliverySettings>))]
[JsonSerializable(typeof(Result<IReadOnlyList<ProviderKind>>))]
[JsonSerializable(typeof(TestMessageBody))]
[JsonSerializable(typeof(Result<TestMessageResult>))]
[JsonSerializable(typeof(DeliveryHealth))]
[JsonSerializable(typeof(MessagePageBody))]
[JsonSerializable(typeof(Result<Message>))]
[JsonSerializable(typeof(Result<IReadOnlyList<SigningKey>>))]
[JsonSerializable(typeof(WebhookChange))]
[JsonSerializable(typeof(Result<WebhookWithSecret>))]
[JsonSerializable(typeof(Result<Webhook>))]
[JsonSerializable(typeof(Result<IReadOnlyList<Webhook>>))]
[JsonSerializable(typeof(Result<WebhookTrial>))]
[JsonSerializable(typeof(Result<WebhookDelivery>))]
[JsonSerializable(typeof(WebhookDeliveryPageBody))]
[JsonSerializable(typeof(AuditPageBody))]
[JsonSerializable(typeof(Result<AuditEntry>))]
[JsonSerializable(typeof(AuditVerifyBody))]
[JsonSerializable(typeof(Result<AuditReport>))]
[JsonSerializable(typeof(Retention))]
[JsonSerializable(typeof(Result<Retention>))]
[JsonSerializable(typeof(Result<JsonObject>))]
internal sealed partial class WatchwordJson : JsonSerializerContext;
