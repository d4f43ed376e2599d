using System.Collections;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Watchword.Client.Tests;

/// <summary>The library keeps up with the server.</summary>
public sealed partial class CoverageTests
{
    /// <summary>What no backend calls by this library, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["POST /cis/oidc/token"] = "another address of /oidc/token",
        ["POST /cis/oidc/token/introspection"] = "another address of /oidc/token/introspection",
        ["POST /cis/oidc/token/revocation"] = "another address of /oidc/token/revocation",
        ["GET /.well-known/oauth-authorization-server/cis/oidc"] = "the same as discovery",
        ["GET /cis/v1/receipts/{}/{}/{}"] = "for providers",
        ["POST /cis/v1/receipts/{}/{}/{}"] = "for providers",
        ["POST /cis/oidc/me"] = "the same by GET",
        ["GET /cis/v1/audit/export"] = "a file for people; ListAsync reads the same entries",
        ["GET /health/live"] = "for whoever starts the process",
    };

    /// <summary>Calls every public method of every part of the client and compares what it asked for with the server's description.</summary>
    [Fact]
    public async Task Every_endpoint_of_the_server_can_be_called()
    {
        var asked = new Routes();
        var watchword = new WatchwordClient(
            new HttpClient(asked), new WatchwordOptions { ServerUrl = new Uri("https://login.example.com"), ClientId = "id", ClientSecret = "secret", MaxRetries = 0 });
        foreach (var part in Parts(watchword))
        {
            foreach (var method in part.GetType().GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(m => !m.IsSpecialName))
                await CallAsync(part, method);
        }

        var openapi = JsonElement.Parse(File.ReadAllText(Path.Combine(Root(), "docs", "openapi.json")));
        var served = openapi.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(verb => $"{verb.Name.ToUpperInvariant()} {Place().Replace(path.Name, "{}")}")).ToHashSet();
        Assert.Empty(served.Except(asked.All).Except(Exceptions.Keys));
        Assert.Empty(asked.All.Except(served));
        Assert.Empty(Exceptions.Keys.Except(served));
    }

    private static IEnumerable<object> Parts(object whole) => whole.GetType().GetProperties()
        .Where(p => p.PropertyType.Name.EndsWith("Api", StringComparison.Ordinal)).Select(p => p.GetValue(whole)!).SelectMany(part => Parts(part).Prepend(part));

    private static async Task CallAsync(object part, MethodInfo method)
    {
        var result = method.Invoke(part, [.. method.GetParameters().Select(p => Argument(p.ParameterType))]);
        try
        {
            if (result is Task task)
                await task;
            else
                await ((IAsyncEnumerable<object>)result!).GetAsyncEnumerator().MoveNextAsync();
        }
        catch (WatchwordException)
        {
            // The server here knows no answers.
        }
    }

    private static object? Argument(Type type) =>
        type == typeof(string) ? Routes.Value
        : type == typeof(Identifier) ? Identifier.UserId("x")
        : type.IsValueType ? Activator.CreateInstance(type)
        : typeof(IEnumerable).IsAssignableFrom(type) ? null
        : Filled(type);

    /// <summary>An instance whose identifiers are set, since required members are not by reflection.</summary>
    private static object Filled(Type type)
    {
        var constructor = type.GetConstructors().OrderBy(c => c.GetParameters().Length).First();
        var made = constructor.Invoke([.. constructor.GetParameters().Select(p => p.ParameterType == typeof(string) ? "x" : null)]);
        foreach (var property in type.GetProperties().Where(p => p.PropertyType == typeof(Identifier)))
            property.SetValue(made, Identifier.UserId("x"));
        return made;
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Place();

    [GeneratedRegex("/[0-9]+(?=/|$)")]
    private static partial Regex Number();

    /// <summary>Notes what is asked for, and knows nothing but a token.</summary>
    private sealed class Routes : HttpMessageHandler
    {
        public const string Value = "v-a-l-u-e";

        public HashSet<string> All { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            All.Add($"{request.Method} {Number().Replace(path.Replace(Value, "{}", StringComparison.Ordinal), "/{}")}");
            return Task.FromResult(path == "/oidc/token"
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("""{"access_token":"t","expires_in":3600}""") }
                : new HttpResponseMessage(HttpStatusCode.BadRequest));
        }
    }
}
