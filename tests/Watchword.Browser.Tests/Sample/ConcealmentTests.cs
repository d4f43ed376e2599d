using System.Diagnostics;
using System.Net;
using Acme.Web.Login;

namespace Watchword.Browser.Tests.Sample;

/// <summary>Whoever asks the sample about a number learns nothing of whether it has an account. `bench/concealment/run` measures the time.</summary>
public sealed class ConcealmentTests(AcmeFixture acme) : IClassFixture<AcmeFixture>
{
    [Fact]
    public async Task A_login_answers_alike_for_a_number_with_an_account_and_for_one_without()
    {
        var known = AcmeFixture.NewNumber();
        await acme.App.UserAsync(known);
        await CompareAsync(
            known,
            AcmeFixture.NewNumber(),
            async (visitor, number, see) =>
            {
                await see(await visitor.SendFormAsync("/login", "/login", ("number", number)));
                await see(await visitor.GetAsync("/code"));
                await see(await visitor.SendFormAsync("/code", "/code?handler=Resend"));
                acme.Clock.Advance(TimeSpan.FromSeconds(30));
                await see(await visitor.SendFormAsync("/code", "/code?handler=Resend"));
                for (var i = 0; i < 4; i++)
                    await see(await visitor.SendFormAsync("/code", "/code", ("code", "0000000")));
                await see(await visitor.SendFormAsync("/code", "/code?handler=Resend"));
                using var other = new Visitor(acme.Url);
                await see(await other.SendFormAsync("/login", "/login", ("number", number)));
            });
    }

    [Fact]
    public async Task A_sign_up_answers_alike_for_a_number_with_an_account_and_for_one_without_even_after_guesses()
    {
        var known = AcmeFixture.NewNumber();
        await acme.App.UserAsync(known);
        await CompareAsync(
            known,
            AcmeFixture.NewNumber(),
            async (visitor, number, see) =>
            {
                await see(await visitor.SendFormAsync("/login", "/login", ("number", number)));
                await see(await visitor.SendFormAsync("/signup", "/signup", ("name", "Eve"), ("number", number)));
                for (var i = 0; i < 3; i++)
                    await see(await visitor.SendFormAsync("/code", "/code", ("code", "0000000")));
                using var other = new Visitor(acme.Url);
                await see(await other.SendFormAsync("/signup", "/signup", ("name", "Eve"), ("number", number)));
                acme.Clock.Advance(TimeSpan.FromMinutes(15));
                await see(await other.SendFormAsync("/signup", "/signup", ("name", "Eve"), ("number", number)));
                await see(await other.SendFormAsync("/code", "/code", ("code", "0000000")));
            });
    }

    [Fact]
    public async Task An_application_that_does_not_conceal_is_still_not_betrayed_by_words()
    {
        var app = await acme.Server.ApplicationAsync(authMethods: new { sms = new { } });
        var known = AcmeFixture.NewNumber();
        await app.UserAsync(known);
        var (site, url) = await acme.SiteAsync(("Watchword:ClientId", app.ClientId), ("Watchword:ClientSecret", app.ClientSecret));
        await using var _ = site;
        var seen = new List<string>();
        foreach (var number in new[] { known, AcmeFixture.NewNumber() })
        {
            using var visitor = new Visitor(url);
            var answer = await visitor.SendFormAsync("/login", "/login", ("number", number));
            seen.Add($"{(int)answer.StatusCode} {answer.Headers.Location} {await Visitor.SeenAsync(await visitor.GetAsync("/code"), Same(number))}");
        }
        Assert.Contains("its code is on its way", seen[0], StringComparison.Ordinal);
        Assert.Equal(seen[0], seen[1]);
    }

    [Theory]
    [InlineData(0, 250, 250)]
    [InlineData(1, 250, 249)]
    [InlineData(249, 250, 1)]
    [InlineData(250, 250, 250)]
    [InlineData(310, 250, 190)]
    [InlineData(310, 0, 0)]
    public void Answers_leave_at_a_multiple_of_the_pace(int taken, int pace, int rest) =>
        Assert.Equal(TimeSpan.FromMilliseconds(rest), EvenTimeAttribute.Rest(TimeSpan.FromMilliseconds(taken), TimeSpan.FromMilliseconds(pace)));

    [Fact]
    public async Task The_sample_keeps_to_its_pace_whatever_it_was_asked()
    {
        var (site, url) = await acme.SiteAsync(("Acme:Pace", "00:00:01"));
        await using var _ = site;
        foreach (var number in new[] { AcmeFixture.NewNumber(), "no number" })
        {
            foreach (var page in new[] { "/login", "/signup" })
            {
                using var visitor = new Visitor(url);
                var watch = Stopwatch.StartNew();
                await visitor.SendFormAsync(page, page, ("number", number), ("name", "Eve"));
                Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(1), $"{page} took {watch.Elapsed}");
            }
        }
    }

    [Fact]
    public async Task Who_tries_number_after_number_is_stopped()
    {
        var (site, url) = await acme.SiteAsync(("Acme:FormsPerMinute", "3"));
        await using var _ = site;
        using var visitor = new Visitor(url);
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.Redirect, (await visitor.SendFormAsync("/login", "/login", ("number", AcmeFixture.NewNumber()))).StatusCode);
        var refused = await visitor.SendFormAsync("/login", "/login", ("number", AcmeFixture.NewNumber()));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("That was a lot of tries", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_of_another_site_is_refused()
    {
        using var http = new HttpClient { BaseAddress = new Uri(acme.Url) };
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("number", AcmeFixture.NewNumber())]);
        var refused = await http.PostAsync(new Uri("/login", UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("That page was open for too long", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>Has two visitors do the same with two numbers and compares all that they see.</summary>
    private async Task CompareAsync(string known, string unknown, Func<Visitor, string, Func<HttpResponseMessage, Task>, Task> visit)
    {
        var seen = new List<string>();
        foreach (var number in new[] { known, unknown })
        {
            using var visitor = new Visitor(acme.Url);
            var answers = new List<string>();
            await visit(visitor, number, async answer => answers.Add(await Visitor.SeenAsync(answer, Same(number))));
            seen.Add(string.Join("\n\n----\n\n", answers));
        }
        Assert.Contains("Too many wrong codes", seen[0], StringComparison.Ordinal);
        Assert.Equal(seen[0], seen[1]);
    }

    private static (string, string)[] Same(string number) => [(number, "NUMBER"), (number.Replace("+", "&#x2B;", StringComparison.Ordinal), "NUMBER")];
}
