import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ReadModel } from '../projections/tables.ts';

type Given<Row> = { readonly [Column in keyof Row]?: Row[Column] | readonly Row[Column][] | undefined };

/** For `where`: each column for which something is given has this value, or one of these. */
export const given =
  <View extends keyof ReadModel>(values: Given<ReadModel[View]>) =>
  (is: ExpressionBuilder<ReadModel, View>): Expression<SqlBool> =>
    is.and(
      Object.entries(values).flatMap(([column, value]) => {
        if (value === undefined) return [];
        const wanted = Array.isArray(value) ? sql`in (${sql.join(value)})` : sql`= ${value}`;
        return [sql<boolean>`${sql.ref(column)} ${wanted}`];
      }),
    );

type Period = { readonly from?: Date | undefined; readonly to?: Date | undefined };

/** For `where`: a time lies in the period, `from` inclusive and `to` exclusive, as far as they are given. */
export const within =
  <View extends keyof ReadModel>(time: RawBuilder<unknown>, { from, to }: Period) =>
  (is: ExpressionBuilder<ReadModel, View>): Expression<SqlBool> =>
    is.and([...(from ? [sql<boolean>`${time} >= ${from}`] : []), ...(to ? [sql<boolean>`${time} < ${to}`] : [])]);
