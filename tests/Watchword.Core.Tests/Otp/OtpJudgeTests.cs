using System.Security.Cryptography;
using System.Text;
using Watchword.Core.Otp;

namespace Watchword.Core.Tests.Otp;

/// <summary>The judge, one condition at a time: each case differs from a right guess in one thing.</summary>
public sealed class OtpJudgeTests
{
    private const string Code = "012345";
    private const string Home = "tag of home";
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly OtpGuess Right = new("tenant", "app", "user", "client", Code, null);
    private static readonly LoginPreferences All = new(new OtpPolicy(), new OtpPolicy(), new OtpPolicy());

    public static TheoryData<string, OtpVerdict> Cases => new()
    {
        { "nothing differs", OtpVerdict.Accepted },
        { "another code", OtpVerdict.Wrong },
        { "the code without its zero", OtpVerdict.Wrong },
        { "an empty code", OtpVerdict.Wrong },
        { "another tenant", OtpVerdict.Wrong },
        { "another application", OtpVerdict.Wrong },
        { "another user", OtpVerdict.Wrong },
        { "another client", OtpVerdict.Wrong },
        { "another client, where that is allowed", OtpVerdict.Accepted },
        { "a channel that is closed", OtpVerdict.Wrong },
        { "a number that is no longer the user's", OtpVerdict.Wrong },
        { "a custom number", OtpVerdict.Accepted },
        { "another key", OtpVerdict.Wrong },
        { "a millisecond before the end", OtpVerdict.Accepted },
        { "at the end", OtpVerdict.Expired },
        { "another code, at the end", OtpVerdict.Wrong },
        { "a request id is wanted and none comes", OtpVerdict.Wrong },
        { "a request id is wanted and another comes", OtpVerdict.Wrong },
        { "a request id is wanted and comes", OtpVerdict.Accepted },
        { "a request id comes that nobody wanted", OtpVerdict.Accepted },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_guess_is_judged_by_everything_it_must_match(string reason, OtpVerdict expected)
    {
        var wanted = reason.StartsWith("a request id is wanted", StringComparison.Ordinal);
        var challenge = Sent(OtpChannel.Sms, Home, custom: reason == "a custom number") with
        {
            RequestIdHash = wanted ? SHA256.HashData(Encoding.UTF8.GetBytes("id")) : null,
        };
        var guess = reason switch
        {
            "another code" or "another code, at the end" => Right with { Passcode = "012346" },
            "the code without its zero" => Right with { Passcode = "12345" },
            "an empty code" => Right with { Passcode = "" },
            "another tenant" => Right with { TenantId = "other" },
            "another application" => Right with { AppId = "other" },
            "another user" => Right with { UserId = "other" },
            "another client" or "another client, where that is allowed" => Right with { ClientId = "other" },
            "a request id is wanted and another comes" => Right with { RequestId = "ID" },
            "a request id is wanted and comes" => Right with { RequestId = "id" },
            "a request id comes that nobody wanted" => Right with { RequestId = "id" },
            _ => Right,
        };
        var preferences = reason switch
        {
            "another client, where that is allowed" => All with { Sms = new OtpPolicy(CrossClientsAllowed: true) },
            "a channel that is closed" => All with { Sms = null },
            _ => All,
        };
        string[] homes = reason is "a number that is no longer the user's" or "a custom number" ? ["tag of elsewhere"] : [Home];
        var now = reason switch
        {
            "a millisecond before the end" => challenge.ExpiresAt.AddMilliseconds(-1),
            "at the end" or "another code, at the end" => challenge.ExpiresAt,
            _ => Now,
        };
        var (verdict, judged) = OtpJudge.Judge(guess, [challenge], preferences, homes, reason == "another key" ? new byte[32] : Key, now);
        Assert.Equal(expected, verdict);
        Assert.Equal(expected == OtpVerdict.Wrong ? null : challenge, judged);
    }

    [Fact]
    public void With_no_code_out_every_guess_is_wrong() =>
        Assert.Equal((OtpVerdict.Wrong, null), OtpJudge.Judge(Right, [], All, [Home], Key, Now));

    [Fact]
    public void Each_of_several_codes_works_wherever_it_stands()
    {
        Challenge[] live = [Sent(OtpChannel.Email, Home, code: "111111"), Sent(OtpChannel.Sms, Home), Sent(OtpChannel.Direct, "", code: "222222")];
        foreach (var order in (Challenge[][])[live, [live[1], live[2], live[0]], [live[2], live[0], live[1]]])
        {
            Assert.Equal((OtpVerdict.Accepted, live[1]), OtpJudge.Judge(Right, order, All, [Home], Key, Now));
            Assert.Equal((OtpVerdict.Accepted, live[2]), OtpJudge.Judge(Right with { Passcode = "222222" }, order, All, [Home], Key, Now));
        }
    }

    [Fact]
    public void Of_two_equal_codes_the_one_that_lives_longer_counts()
    {
        var old = Sent(OtpChannel.Email, Home) with { ExpiresAt = Now };
        var live = Sent(OtpChannel.Sms, Home);
        Assert.Equal((OtpVerdict.Accepted, live), OtpJudge.Judge(Right, [old, live], All, [Home], Key, Now));
        Assert.Equal((OtpVerdict.Accepted, live), OtpJudge.Judge(Right, [live, old], All, [Home], Key, Now));
    }

    [Fact]
    public void A_code_that_was_sent_elsewhere_is_no_code_of_the_stored_number()
    {
        // The row says so, but the code was made for the other destination.
        var forged = Sent(OtpChannel.Sms, "tag of elsewhere", custom: true) with { CustomDestination = false, DestinationTag = Home };
        Assert.Equal(OtpVerdict.Wrong, OtpJudge.Judge(Right, [forged], All, [Home], Key, Now).Verdict);
    }

    private static Challenge Sent(OtpChannel channel, string destination, bool custom = false, string code = Code)
    {
        var id = "challenge by " + channel;
        return new Challenge(
            id, "client", channel, destination, custom, new ChallengeBinding("tenant", "app", "user", channel, destination, id).Hash(Key, code), null, Now.AddMinutes(5), null);
    }
}
