using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Watchword.Server.Administration.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.UserImport;

/// <summary>Which line of a file has which identifier, in a few bytes each: a million lines have four million.</summary>
internal sealed class SeenIdentifiers
{
    private readonly Dictionary<ulong, int> _lines = [];

    /// <summary>Notes what a line has, unless a line before it has some of the same: then the first such column, and that line.</summary>
    public (string Field, int Line)? Note(Member member, int line)
    {
        var (user, membership) = member;
        List<(string Field, ulong Key)> all = [];
        Add(UserField.PhoneNumber, user.PhoneNumber);
        Add(UserField.Email, user.Email);
        Add(UserField.Username, UserStore.KeyOf(membership?.Username));
        Add(UserField.ExternalUserId, membership?.ExternalUserId);
        foreach (var (field, key) in all)
        {
            if (_lines.TryGetValue(key, out var before))
                return (field, before);
        }
        foreach (var (_, key) in all)
            _lines.TryAdd(key, line);
        return null;

        void Add(string field, string? value)
        {
            if (value is not null)
                all.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{field}:{value}")))));
        }
    }
}
