using PhoneNumbers;
using Watchword.Core.Messages;

namespace Watchword.Core.Tests.Messages;

/// <summary>What regions are called.</summary>
public sealed class CountryNamesTests
{
    [Fact]
    public void Every_region_with_telephone_numbers_has_a_name_and_no_other_has_one()
    {
        Assert.Equal(PhoneNumberUtil.GetInstance().GetSupportedRegions().Order(StringComparer.Ordinal), CountryNames.All.Select(c => c.Region).Order(StringComparer.Ordinal));
        Assert.All(CountryNames.All, c => Assert.True(c.Name.Length > 3 && char.IsUpper(c.Name[0]), c.ToString()));
        Assert.Equal(CountryNames.All.Count, CountryNames.All.Select(c => c.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("GB", "United Kingdom")]
    [InlineData("CI", "Côte d'Ivoire")]
    [InlineData("ZW", "Zimbabwe")]
    [InlineData("ZZ", "No country")]
    [InlineData("XX", "XX")]
    public void Regions_have_the_names_that_people_know(string region, string name) => Assert.Equal(name, CountryNames.Of(region));

    [Fact]
    public void A_calling_code_names_the_regions_that_share_it_the_main_one_first()
    {
        Assert.Equal(["GB", "GG", "IM", "JE"], Countries.RegionsOf("+44"));
        Assert.Empty(Countries.RegionsOf("+800"));
        Assert.Contains("+44", Countries.AllCallingCodes);
        Assert.All(Countries.AllCallingCodes, code => Assert.True(Countries.IsCallingCode(code)));
    }
}
