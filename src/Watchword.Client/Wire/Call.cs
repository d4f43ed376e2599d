using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Watchword.Client.Wire;

/// <summary>Whether a call may be made again when it is not known to have worked.</summary>
internal enum Repeat
{
    /// <summary>Never: a second guess is a second guess.</summary>
    Never,

    /// <summary>Only when the server cannot have heard of the first: no connection was made.</summary>
    IfNeverConnected,

    /// <summary>It does no harm.</summary>
    Freely,
}

/// <summary>Who a call comes from.</summary>
internal enum Caller
{
    /// <summary>The client, by its token.</summary>
    ClientToken,

    /// <summary>The client, by its credential: the OAuth endpoints.</summary>
    Credential,

    /// <summary>Anybody, or whoever <see cref="Call.UserToken"/> belongs to.</summary>
    Anyone,
}

/// <summary>A request, as often as it has to be made.</summary>
internal sealed record Call(HttpMethod Method, Address Address, Repeat Repeat)
{
    public Caller Caller { get; init; } = Caller.ClientToken;

    /// <summary>Makes the body anew for each try.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>The form of a call to an OAuth endpoint; the credential is added to it for each try.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Form { get; init; }

    /// <summary>A user's access token, in place of the client's.</summary>
    public string? UserToken { get; init; }

    public static Call Get(Address address) => new(HttpMethod.Get, address, Repeat.Freely);

    public static Call Delete(Address address) => new(HttpMethod.Delete, address, Repeat.Freely);

    public static Call Put<T>(Address address, T body, JsonTypeInfo<T> type) => new(HttpMethod.Put, address, Repeat.Freely) { Body = Json(body, type) };

    public static Call Post(Address address, Repeat repeat) => new(HttpMethod.Post, address, repeat);

    public static Call Post<T>(Address address, T body, JsonTypeInfo<T> type, Repeat repeat) => new(HttpMethod.Post, address, repeat) { Body = Json(body, type) };

    public static Call PostForm(Address address, params IReadOnlyList<KeyValuePair<string, string>> form) =>
        new(HttpMethod.Post, address, Repeat.Freely) { Caller = Caller.Credential, Form = form };

    /// <summary>The request of one try.</summary>
    public HttpRequestMessage Request(Uri server, string? token, ClientCredential credential, Uri issuer, DateTimeOffset now)
    {
        var request = new HttpRequestMessage(Method, new Uri(server.AbsoluteUri.TrimEnd('/') + Address.Path)) { Content = Body?.Invoke() };
        if (Caller == Caller.Credential)
        {
            List<KeyValuePair<string, string>> form = [.. Form!];
            request.Headers.Authorization = credential.Prove(form, issuer, now);
            request.Content = new FormUrlEncodedContent(form);
        }
        else if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return request;
    }

    /// <summary>Method and route; never the body, which may hold a code.</summary>
    public override string ToString() => $"{Method} {Address}";

    private static Func<HttpContent> Json<T>(T body, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, type);
        return () => new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }
}
