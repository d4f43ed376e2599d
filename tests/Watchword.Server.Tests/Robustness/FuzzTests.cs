using System.Text;
using CsCheck;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

public sealed class FuzzOnSqlite(SharedServers servers) : FuzzTests(servers, Engine.Sqlite);

public sealed class FuzzOnPostgres(SharedServers servers) : FuzzTests(servers, Engine.Postgres);

/// <summary>Bodies that nobody thought of.</summary>
public abstract class FuzzTests(SharedServers servers, Engine engine)
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Of("\"+447400000001\"", "\"phone_number\"", "\"email\"", "\"user_id\"", "\"direct\"", "\"sms\"", "\"ann@example.com\"", "\"\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\u0000\"", "\"\\u202e\""),
        Gen.String[0, 30].Select(s => System.Text.Json.JsonSerializer.Serialize(s)));

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Text,
        Of("null", "true", "false", "0", "-1", "1e999", "-0", "1.0", "2147483648", "9223372036854775808"),
        Gen.Int.Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        Gen.Double.Select(d => double.IsFinite(d) ? d.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : "0"));

    [Fact]
    public async Task No_random_body_brings_an_endpoint_down()
    {
        var app = await servers.ApplicationAsync(engine);
        var user = await app.UserAsync();
        var cases =
            from endpoint in Of<JsonEndpoint>([.. Surface.Json])
            from body in Body(endpoint)
            select (endpoint, body);
        await cases.SampleAsync(
            async one =>
            {
                var path = one.endpoint.Path.Replace("{user}", user, StringComparison.Ordinal).Replace("{app}", "x", StringComparison.Ordinal).Replace("{client}", "x", StringComparison.Ordinal);
                var answer = await Raw.SendAsync(one.endpoint.Management ? app.Management : app.Http, one.endpoint.Method, path, Encoding.UTF8.GetBytes(one.body));
                var text = await answer.Content.ReadAsStringAsync();
                Assert.True((int)answer.StatusCode < 500, $"{one.endpoint.Name} {one.body} => {(int)answer.StatusCode} {text}");
                if ((int)answer.StatusCode >= 400)
                    await Surface.RefusedAsync(answer, one.endpoint.Shape, $"{one.endpoint.Name} {one.body}");
            },
            iter: 400, threads: 1);
        // What did get in can be read again.
        await (await app.Management.GetAsync("/cis/v1/users?page_limit=5000")).JsonAsync(200);
        await (await app.Management.GetAsync("/cis/v1/applications")).JsonAsync(200);
    }

    private static Gen<string> Body(JsonEndpoint endpoint)
    {
        var name = Gen.OneOf(
            Of<string>([.. endpoint.Fields.Select(f => $"\"{f.Name}\""), "\"custom_message\"", "\"id_token\"", "\"first_name\"", "\"expiresIn\"", "\"subject\"", "\"send_limits\"", "\"signing_algorithm\""]), Text);
        var leaf = Gen.OneOf(Scalar, Of<string>([.. endpoint.Fields.Select(f => f.Right)]));
        var inner = Gen.OneOf(leaf, leaf.Array[0, 3].Select(List), Gen.Select(name, leaf).Array[0, 3].Select(Object));
        var value = Gen.OneOf(leaf, inner.Array[0, 3].Select(List), Gen.Select(name, inner).Array[0, 3].Select(Object));
        return Gen.Select(name, value).Array[0, 6].Select(pairs => Object([.. endpoint.Fields.Where(f => f.Required).Select(f => ($"\"{f.Name}\"", f.Right)), .. pairs]));
    }

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string List(string[] values) => $"[{string.Join(',', values)}]";

    private static string Object((string Name, string Value)[] pairs) => "{" + string.Join(',', pairs.DistinctBy(p => p.Name).Select(p => $"{p.Name}:{p.Value}")) + "}";
}
