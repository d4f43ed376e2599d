using CsCheck;
using Watchword.Core.Otp;

namespace Watchword.Core.Tests.Otp;

/// <summary>A code's hash holds for one combination of all that it is bound to.</summary>
public sealed class ChallengeBindingTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly ChallengeBinding Binding = new("tenant", "app", "user", OtpChannel.Sms, "tag", "challenge");

    public static TheoryData<string, ChallengeBinding> Others => new()
    {
        { "tenant", Binding with { TenantId = "other" } },
        { "application", Binding with { AppId = "other" } },
        { "user", Binding with { UserId = "other" } },
        { "channel", Binding with { Channel = OtpChannel.Direct } },
        { "destination", Binding with { DestinationTag = "other" } },
        { "challenge", Binding with { ChallengeId = "other" } },
        { "a letter moves from one field to the next", Binding with { TenantId = "tenanta", AppId = "pp" } },
        { "two fields change places", Binding with { TenantId = "app", AppId = "tenant" } },
        { "a field is empty and its neighbour holds it", Binding with { UserId = "", AppId = "appuser" } },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Any_field_that_differs_makes_another_hash(string reason, ChallengeBinding other) =>
        Assert.False(Binding.Hash(Key, "123456").AsSpan().SequenceEqual(other.Hash(Key, "123456")), reason);

    [Fact]
    public void The_same_fields_make_the_same_hash()
    {
        Assert.Equal(Binding.Hash(Key, "123456"), (Binding with { }).Hash(Key, "123456"));
        Assert.Equal(32, Binding.Hash(Key, "123456").Length);
    }

    [Fact]
    public void Another_code_or_another_key_makes_another_hash()
    {
        Assert.NotEqual(Binding.Hash(Key, "123456"), Binding.Hash(Key, "123457"));
        Assert.NotEqual(Binding.Hash(Key, "0123456"), Binding.Hash(Key, "123456"));
        Assert.NotEqual(Binding.Hash(Key, "123456"), Binding.Hash(new byte[32], "123456"));
    }

    [Fact]
    public void No_two_lists_of_fields_have_one_tag() =>
        Gen.Select(Gen.String.Array[0, 4], Gen.String.Array[0, 4]).Sample((a, b) =>
            a.SequenceEqual(b) == Tags.Of(Key, a).AsSpan().SequenceEqual(Tags.Of(Key, b)) || a.Concat(b).Any(HasLoneSurrogate));

    [Fact]
    public void However_a_text_is_cut_into_fields_each_cut_has_its_own_tag()
    {
        const string Text = "tenantappuser";
        var tags = Enumerable.Range(0, Text.Length + 1).Select(i => Tags.TextOf(Key, Text[..i], Text[i..])).ToList();
        tags.Add(Tags.TextOf(Key, Text));
        tags.Add(Tags.TextOf(Key, "", Text, ""));
        Assert.Equal(tags.Count, tags.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Long_fields_are_tagged_whole()
    {
        var text = new string('a', 5000);
        Assert.NotEqual(Tags.TextOf(Key, text + "b"), Tags.TextOf(Key, text + "c"));
    }

    // UTF-8 has no form for these; all of them turn into the same replacement character.
    private static bool HasLoneSurrogate(string text) => text.Where((c, i) => char.IsSurrogate(c) && !char.IsSurrogatePair(text, i) && !(i > 0 && char.IsSurrogatePair(text, i - 1))).Any();
}
