using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Watchword.Server.Storage;

/// <summary>
/// A prepared statement (https://www.sqlite.org/c3ref/stmt.html). What puts a parameter object's members into it, and makes an object of
/// its rows, is compiled when first used and shared by all connections.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private static readonly ConcurrentDictionary<(string Sql, Type Parameters), Action<sqlite3_stmt, object>> Binders = new();
    private static readonly ConcurrentDictionary<(string Sql, Type Row), Delegate> Mappers = new();
    private readonly sqlite3 _connection;
    private readonly string _sql;
    private readonly sqlite3_stmt _statement;
    private readonly int _parameters;
    private Type? _boundType;
    private Action<sqlite3_stmt, object>? _binder;
    private Delegate? _mapper;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        (_connection, _sql) = (connection, sql);
        Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _parameters = raw.sqlite3_bind_parameter_count(_statement);
    }

    /// <summary>Sets every parameter.</summary>
    public void Bind(object? parameters)
    {
        if (parameters is null)
        {
            if (_parameters > 0)
                throw new ArgumentException($"No parameters were given to: {_sql}");
            return;
        }
        if (parameters is IReadOnlyDictionary<string, object?> named)
        {
            BindNamed(named);
            return;
        }
        if (_boundType != parameters.GetType())
        {
            _boundType = parameters.GetType();
            _binder = Binders.GetOrAdd((_sql, _boundType), (key, self) => self.CompileBinder(key.Parameters), this);
        }
        _binder!(_statement, parameters);
    }

    /// <summary>Runs to the next row; false at the end.</summary>
    /// <exception cref="SqliteException">SQLite refused: a constraint, a full disk.</exception>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code != raw.SQLITE_DONE)
            Check(code);
        return false;
    }

    /// <summary>The row that the last step came to.</summary>
    public T Row<T>()
    {
        if (_mapper is not Func<sqlite3_stmt, T> mapper)
            _mapper = mapper = (Func<sqlite3_stmt, T>)Mappers.GetOrAdd((_sql, typeof(T)), (_, self) => self.CompileMapper<T>(), this);
        return mapper(_statement);
    }

    /// <summary>Makes it ready to run again, and lets go of the snapshot that it read. Its fault, if any, was told by <see cref="Step"/>.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _connection);

    private void BindNamed(IReadOnlyDictionary<string, object?> parameters)
    {
        for (var i = 1; i <= _parameters; i++)
        {
            switch (parameters[raw.sqlite3_bind_parameter_name(_statement, i).utf8_to_string()])
            {
                case null: Set(_statement, i, (string?)null); break;
                case string text: Set(_statement, i, text); break;
                case long number: Set(_statement, i, number); break;
                case int number: Set(_statement, i, number); break;
                case byte[] bytes: Set(_statement, i, bytes); break;
                case var other: throw new NotSupportedException($"A parameter of type {other.GetType()}: {_sql}");
            }
        }
    }

    private Action<sqlite3_stmt, object> CompileBinder(Type type)
    {
        var (statement, parameters) = (Expression.Parameter(typeof(sqlite3_stmt)), Expression.Parameter(typeof(object)));
        var sets = Enumerable.Range(1, _parameters).Select(i =>
        {
            var name = raw.sqlite3_bind_parameter_name(_statement, i).utf8_to_string()[1..];
            var member = type.GetProperty(name) ?? throw new ArgumentException($"The parameter {name} is missing: {_sql}");
            return Expression.Call(
                typeof(SqliteStatement), nameof(Set), null, statement, Expression.Constant(i), Expression.Property(Expression.Convert(parameters, type), member));
        });
        return Expression.Lambda<Action<sqlite3_stmt, object>>(Expression.Block(typeof(void), sets), statement, parameters).Compile();
    }

    private Func<sqlite3_stmt, T> CompileMapper<T>()
    {
        var statement = Expression.Parameter(typeof(sqlite3_stmt));
        Expression Column(int i, Type type) => Expression.Call(typeof(SqliteStatement), Reader(type), null, statement, Expression.Constant(i));
        return Expression.Lambda<Func<sqlite3_stmt, T>>(Body(), statement).Compile();

        Expression Body()
        {
            if (Reads.ContainsKey(typeof(T)))
                return Column(0, typeof(T));
            var columns = Enumerable.Range(0, raw.sqlite3_column_count(_statement))
                .ToDictionary(i => raw.sqlite3_column_name(_statement, i).utf8_to_string().Replace("_", "", StringComparison.Ordinal), i => i, StringComparer.OrdinalIgnoreCase);
            var constructor = typeof(T).GetConstructors().MinBy(c => c.GetParameters().Length)!;
            var made = Expression.New(constructor, constructor.GetParameters().Select(p => Column(columns[p.Name!], p.ParameterType)));
            return constructor.GetParameters().Length > 0
                ? made
                : Expression.MemberInit(made, columns.Select(c =>
                {
                    var member = typeof(T).GetProperties().Single(p => p.Name.Equals(c.Key, StringComparison.OrdinalIgnoreCase));
                    return Expression.Bind(member, Column(c.Value, member.PropertyType));
                }));
        }
    }

    private static readonly Dictionary<Type, string> Reads = new()
    {
        [typeof(long)] = nameof(Number),
        [typeof(long?)] = nameof(NumberOrNull),
        [typeof(string)] = nameof(Text),
        [typeof(byte[])] = nameof(Bytes),
    };

    private string Reader(Type type) => Reads.TryGetValue(type, out var reader) ? reader : throw new NotSupportedException($"A column of type {type}: {_sql}");

    private static void Set(sqlite3_stmt statement, int i, string? value)
    {
        if (value is null)
        {
            Check(statement, raw.sqlite3_bind_null(statement, i));
            return;
        }
        Span<byte> utf8 = value.Length <= 256 ? stackalloc byte[768] : new byte[Encoding.UTF8.GetMaxByteCount(value.Length)];
        Check(statement, raw.sqlite3_bind_text(statement, i, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
    }

    private static void Set(sqlite3_stmt statement, int i, long value) => Check(statement, raw.sqlite3_bind_int64(statement, i, value));

    private static void Set(sqlite3_stmt statement, int i, long? value) =>
        Check(statement, value is { } number ? raw.sqlite3_bind_int64(statement, i, number) : raw.sqlite3_bind_null(statement, i));

    private static void Set(sqlite3_stmt statement, int i, byte[]? value) =>
        Check(statement, value is null ? raw.sqlite3_bind_null(statement, i) : raw.sqlite3_bind_blob(statement, i, value));

    private static void Check(sqlite3_stmt statement, int code)
    {
        if (code != raw.SQLITE_OK)
            SqliteException.ThrowExceptionForRC(code, raw.sqlite3_db_handle(statement));
    }

    private static long Number(sqlite3_stmt statement, int i) => raw.sqlite3_column_int64(statement, i);

    private static long? NumberOrNull(sqlite3_stmt statement, int i) => IsNull(statement, i) ? null : raw.sqlite3_column_int64(statement, i);

    private static string? Text(sqlite3_stmt statement, int i)
    {
        var utf8 = raw.sqlite3_column_blob(statement, i);
        return utf8.Length > 0 ? Encoding.UTF8.GetString(utf8) : IsNull(statement, i) ? null : "";
    }

    private static byte[]? Bytes(sqlite3_stmt statement, int i)
    {
        var bytes = raw.sqlite3_column_blob(statement, i);
        return bytes.Length > 0 || !IsNull(statement, i) ? bytes.ToArray() : null;
    }

    private static bool IsNull(sqlite3_stmt statement, int i) => raw.sqlite3_column_type(statement, i) == raw.SQLITE_NULL;
}
