using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Watchword.Server.Tokens;

/// <summary>
/// A secret that means nothing by itself: <c>prefix.session.secret</c>, 256 random bits in the last part, kept as SHA-256 of the whole.
/// The session's public name in the middle finds the row without an index of its own.
/// </summary>
internal readonly struct OpaqueToken
{
    private readonly string _text;

    private OpaqueToken(string text, string sessionId) =>
        (_text, SessionId, Hash) = (text, sessionId, SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The session it belongs to; says nothing about whether it is right.</summary>
    public string SessionId { get; }

    /// <summary>What is kept of it.</summary>
    public byte[] Hash { get; }

    public static OpaqueToken Refresh(string sessionId) => New("wwr", sessionId);

    public static OpaqueToken Session(string sessionId) => New("wws", sessionId);

    public static bool TryParseRefresh(string? text, out OpaqueToken token) => TryParse("wwr", text, out token);

    public static bool TryParseSession(string? text, out OpaqueToken token) => TryParse("wws", text, out token);

    /// <summary>The secret of a new client, which belongs to no session.</summary>
    public static string ClientSecret() => "wwc_" + RandomText();

    /// <summary>256 random bits, base64url.</summary>
    public static string RandomText() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The token in the clear: for the answer to the one who owns it.</summary>
    public string Reveal() => _text;

    public override string ToString() => "[token]";

    private static OpaqueToken New(string prefix, string sessionId) => new($"{prefix}.{sessionId}.{RandomText()}", sessionId);

    private static bool TryParse(string prefix, string? text, out OpaqueToken token)
    {
        token = default;
        if (text is null || text.Length > 200 || text.Split('.') is not [var kind, { Length: 32 } session, _] || kind != prefix)
            return false;
        token = new OpaqueToken(text, session);
        return true;
    }
}
