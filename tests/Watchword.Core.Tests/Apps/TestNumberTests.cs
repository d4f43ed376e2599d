using Watchword.Core.Apps;

namespace Watchword.Core.Tests.Apps;

public class TestNumberTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("the earliest", "2026-11-23T12:00:00.001Z", "2026-11-23T12:00:00.001Z")]
    [InlineData("the latest", "2027-02-21T12:00:00Z", "2027-02-21T12:00:00Z")]
    [InlineData("a day is its first instant", "2027-01-31", "2027-01-31T00:00:00Z")]
    [InlineData("an offset", "2027-01-31T02:00+02:00", "2027-01-31T00:00:00Z")]
    [InlineData("no offset is UTC", "2027-01-31T02:00:00", "2027-01-31T02:00:00Z")]
    public void A_test_number_expires_when_it_was_said(string reason, string text, string expected)
    {
        var faults = new List<string>();
        var number = TestNumber.Read("n", "+44 7700 900123", "000000", text, Now, faults);
        Assert.Empty(faults);
        Assert.True(number!.ExpiresAt == DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), reason);
        Assert.Equal(("+447700900123", "000000"), (number.Number.E164, number.Code.Reveal()));
    }

    [Theory]
    [InlineData("no expiry", "+447700900123", "123456", null, "n.expires_at is required")]
    [InlineData("an empty one", "+447700900123", "123456", "", "n.expires_at is required")]
    [InlineData("never", "+447700900123", "123456", "never", "n.expires_at is required")]
    [InlineData("an American date", "+447700900123", "123456", "12/31/2026", "n.expires_at is required")]
    [InlineData("now", "+447700900123", "123456", "2026-11-23T12:00:00Z", "n.expires_at must be in the future")]
    [InlineData("a moment too far", "+447700900123", "123456", "2027-02-21T12:00:00.001Z", "at most 90 days")]
    [InlineData("no number", null, "123456", "2027-01-31", "n.phone_number must be")]
    [InlineData("a national number", "07700 900123", "123456", "2027-01-31", "n.phone_number must be")]
    [InlineData("no code", "+447700900123", null, "2027-01-31", "n.code must be 4 to 8 digits")]
    [InlineData("letters", "+447700900123", "abcdef", "2027-01-31", "n.code must be 4 to 8 digits")]
    public void A_bad_test_number_is_told_its_one_fault(string reason, string? phone, string? code, string? expiresAt, string fault)
    {
        var faults = new List<string>();
        Assert.Null(TestNumber.Read("n", phone, code, expiresAt, Now, faults));
        Assert.True(Assert.Single(faults).Contains(fault, StringComparison.Ordinal), $"{reason}: {faults[0]}");
    }

    [Fact]
    public void Neither_number_nor_code_slip_into_a_log()
    {
        var text = $"{TestNumber.Read("n", "+447700900123", "84736251", "2027-01-31", Now, [])}";
        Assert.DoesNotContain("84736251", text, StringComparison.Ordinal);
        Assert.DoesNotContain("7700900", text, StringComparison.Ordinal);
    }
}
