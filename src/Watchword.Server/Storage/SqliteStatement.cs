using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Runtime.InteropServices;
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
    private static readonly ConcurrentDictionary<(string Sql, Type Parameters), Action<SqliteStatement, object>> Binders = new();
    private static readonly ConcurrentDictionary<(string Columns, Type Row), Delegate> Mappers = new();
    private readonly sqlite3 _connection;
    private readonly string _sql;
    private readonly sqlite3_stmt _statement;
    private readonly nint _pointer;
    private readonly int _parameters;
    private Type? _boundType;
    private Action<SqliteStatement, object>? _binder;
    private Delegate? _mapper;

    // Texts and blobs of the parameters, which SQLite reads from here while the statement runs; what does not fit, it copies.
    private readonly byte[] _values = GC.AllocateUninitializedArray<byte>(2048, pinned: true);
    private int _used;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        (_connection, _sql) = (connection, sql);
        Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _pointer = _statement.DangerousGetHandle();
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
        _used = 0;
        _binder!(this, parameters);
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
        if (_mapper is not Func<nint, T> mapper)
            _mapper = mapper = (Func<nint, T>)Mappers.GetOrAdd((Columns(), typeof(T)), (_, self) => self.CompileMapper<T>(), this);
        return mapper(_pointer);
    }

    /// <summary>Makes it ready to run again, and lets go of the snapshot that it read. Its fault, if any, was told by <see cref="Step"/>.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _connection);

    private void BindNamed(IReadOnlyDictionary<string, object?> parameters)
    {
        _used = 0;
        for (var i = 1; i <= _parameters; i++)
        {
            switch (parameters[raw.sqlite3_bind_parameter_name(_statement, i).utf8_to_string()])
            {
                case null: Set(i, (string?)null); break;
                case string text: Set(i, text); break;
                case long number: Set(i, number); break;
                case int number: Set(i, number); break;
                case byte[] bytes: Set(i, bytes); break;
                case var other: throw new NotSupportedException($"A parameter of type {other.GetType()}: {_sql}");
            }
        }
    }

    private Action<SqliteStatement, object> CompileBinder(Type type)
    {
        var (statement, parameters) = (Expression.Parameter(typeof(SqliteStatement)), Expression.Parameter(typeof(object)));
        var sets = Enumerable.Range(1, _parameters).Select(i =>
        {
            var name = raw.sqlite3_bind_parameter_name(_statement, i).utf8_to_string()[1..];
            var member = type.GetProperty(name) ?? throw new ArgumentException($"The parameter {name} is missing: {_sql}");
            return Expression.Call(statement, nameof(Set), null, Expression.Constant(i), Expression.Property(Expression.Convert(parameters, type), member));
        });
        return Expression.Lambda<Action<SqliteStatement, object>>(Expression.Block(typeof(void), sets), statement, parameters).Compile();
    }

    /// <summary>What a mapper depends on. Not the text: callers' searches make ever new ones, which all have the same columns.</summary>
    private string Columns() =>
        string.Join(',', Enumerable.Range(0, raw.sqlite3_column_count(_statement)).Select(i => raw.sqlite3_column_name(_statement, i).utf8_to_string()));

    private Func<nint, T> CompileMapper<T>()
    {
        var statement = Expression.Parameter(typeof(nint));
        Expression Column(int i, Type type) => Expression.Call(typeof(SqliteStatement), Reader(type), null, statement, Expression.Constant(i));
        return Expression.Lambda<Func<nint, T>>(Body(), statement).Compile();

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

    private void Set(int i, string? value)
    {
        if (value is null)
        {
            Check(SqliteNative.BindNull(_pointer, i));
            return;
        }
        if (Encoding.UTF8.GetMaxByteCount(value.Length) > _values.Length - _used)
        {
            Check(raw.sqlite3_bind_text(_statement, i, Encoding.UTF8.GetBytes(value)));
            return;
        }
        var length = Encoding.UTF8.GetBytes(value, 0, value.Length, _values, _used);
        Check(SqliteNative.BindText(_pointer, i, Marshal.UnsafeAddrOfPinnedArrayElement(_values, _used), length, 0));
        _used += length;
    }

    private void Set(int i, byte[]? value)
    {
        if (value is null)
        {
            Check(SqliteNative.BindNull(_pointer, i));
            return;
        }
        if (value.Length > _values.Length - _used)
        {
            Check(raw.sqlite3_bind_blob(_statement, i, value));
            return;
        }
        value.CopyTo(_values, _used);
        Check(SqliteNative.BindBlob(_pointer, i, Marshal.UnsafeAddrOfPinnedArrayElement(_values, _used), value.Length, 0));
        _used += value.Length;
    }

    private void Set(int i, long value) => Check(SqliteNative.BindInt64(_pointer, i, value));

    private void Set(int i, long? value) => Check(value is { } number ? SqliteNative.BindInt64(_pointer, i, number) : SqliteNative.BindNull(_pointer, i));

    private static long Number(nint statement, int i) => SqliteNative.ColumnInt64(statement, i);

    private static long? NumberOrNull(nint statement, int i) => IsNull(statement, i) ? null : SqliteNative.ColumnInt64(statement, i);

    private static string? Text(nint statement, int i)
    {
        // SQLite keeps text as UTF-8, so its bytes are read as they are. The pointer first: its call may move them.
        var utf8 = SqliteNative.ColumnBlob(statement, i);
        var length = SqliteNative.ColumnBytes(statement, i);
        return length > 0 ? Marshal.PtrToStringUTF8(utf8, length) : IsNull(statement, i) ? null : "";
    }

    private static byte[]? Bytes(nint statement, int i)
    {
        var blob = SqliteNative.ColumnBlob(statement, i);
        var length = SqliteNative.ColumnBytes(statement, i);
        if (length == 0)
            return IsNull(statement, i) ? null : [];
        var bytes = new byte[length];
        Marshal.Copy(blob, bytes, 0, length);
        return bytes;
    }

    private static bool IsNull(nint statement, int i) => SqliteNative.ColumnType(statement, i) == raw.SQLITE_NULL;
}
