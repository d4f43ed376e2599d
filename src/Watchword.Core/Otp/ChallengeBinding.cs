using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Watchword.Core.Otp;

/// <summary>
/// All that a code is bound to. A code is kept only as HMAC-SHA256 over these fields and itself, so that the row of one tenant,
/// application, user, channel, destination or challenge never answers for another, even when someone can write to the database.
/// </summary>
public readonly record struct ChallengeBinding(
    string TenantId, string AppId, string UserId, OtpChannel Channel, string DestinationTag, string ChallengeId)
{
    /// <summary>The value to store, and to compare a guess with.</summary>
    /// <param name="key">The server's code key, 32 bytes.</param>
    /// <param name="passcode">The digits.</param>
    public byte[] Hash(ReadOnlySpan<byte> key, string passcode) =>
        Tags.Of(key, "otp", TenantId, AppId, UserId, Channel.Wire(), DestinationTag, ChallengeId, passcode);
}

/// <summary>Keyed one-way names (HMAC-SHA256) for things that must be found again but not read, such as a destination in a limiter.</summary>
public static class Tags
{
    /// <summary>The tag of some fields. Each is preceded by its length, so that no two lists of fields read alike.</summary>
    public static byte[] Of(ReadOnlySpan<byte> key, params ReadOnlySpan<string> fields)
    {
        var size = 0;
        foreach (var field in fields)
            size += 4 + Encoding.UTF8.GetByteCount(field);
        Span<byte> message = size <= 1024 ? stackalloc byte[size] : new byte[size];
        var at = 0;
        foreach (var field in fields)
        {
            var written = Encoding.UTF8.GetBytes(field, message[(at + 4)..]);
            BinaryPrimitives.WriteInt32BigEndian(message[at..], written);
            at += 4 + written;
        }
        return HMACSHA256.HashData(key, message);
    }

    /// <summary>The tag of some fields as text, base64url.</summary>
    public static string TextOf(ReadOnlySpan<byte> key, params ReadOnlySpan<string> fields) =>
        System.Buffers.Text.Base64Url.EncodeToString(Of(key, fields));
}
