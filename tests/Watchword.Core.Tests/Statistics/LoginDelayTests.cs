using CsCheck;
using Watchword.Core.Statistics;

namespace Watchword.Core.Tests.Statistics;

/// <summary>The slots in which delays are counted, and what they tell.</summary>
public sealed class LoginDelayTests
{
    [Theory]
    [InlineData("negative: clocks of two nodes", -1, 0)]
    [InlineData("a program's", 0.499, 0)]
    [InlineData("the first that is told apart", 0.5, 1)]
    [InlineData("a doubling is four slots", 1, 5)]
    [InlineData("another", 2, 9)]
    [InlineData("just below", 3.999, 12)]
    [InlineData("ten minutes, the longest life of a code", 600, 41)]
    [InlineData("longer than any", 700, 42)]
    [InlineData("a year", 31_536_000, 42)]
    public void A_delay_has_its_slot(string reason, double seconds, int slot)
    {
        Assert.NotEmpty(reason);
        Assert.Equal(slot, LoginDelay.Slot(TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public void Of_nobody_there_is_no_median()
    {
        Assert.Null(LoginDelay.Quantile(new Dictionary<int, long>(), 0.5));
        Assert.Null(LoginDelay.Quantile(new Dictionary<int, long> { [3] = 0 }, 0.5));
    }

    [Fact]
    public void A_quantile_is_within_a_fifth_of_the_true_one()
    {
        var part = Gen.Int[0, 2].Select(i => new[] { 0.05, 0.5, 0.95 }[i]);
        Gen.Select(Gen.Double[0.6, 600].Array[1, 400], part).Sample((seconds, share) =>
        {
            var counts = seconds.GroupBy(s => LoginDelay.Slot(TimeSpan.FromSeconds(s))).ToDictionary(g => g.Key, g => (long)g.Count());
            var told = LoginDelay.Quantile(counts, share)!.Value.TotalSeconds;
            var sorted = seconds.Order().ToArray();
            var truth = sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
            Assert.InRange(told, truth / 1.2, truth * 1.2);
        });
    }
}
